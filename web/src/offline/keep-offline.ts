/** Has the browser keep the app, so that it opens without a network. See service-worker.ts. */
export function keepOffline(): void {
  // While developing, what is kept would hide what has changed.
  if (!import.meta.env.PROD || !('serviceWorker' in navigator)) return
  // It fetches what the page has just loaded: not before the page has.
  const register = () => void navigator.serviceWorker.register('./service-worker.js').catch(() => {})
  if (document.readyState === 'complete') register()
  else addEventListener('load', register, { once: true })
}
