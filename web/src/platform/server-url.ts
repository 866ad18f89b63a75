/** Where the API is: what the page's `nudge-server` says, or else where the page itself comes from. */
export function serverUrl(): string {
  const named = document.querySelector<HTMLMetaElement>('meta[name="nudge-server"]')?.content.trim()
  return (named || location.origin).replace(/\/+$/, '')
}
