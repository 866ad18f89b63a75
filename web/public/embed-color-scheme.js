// Before the first paint, as color-scheme.js for the app: here what the page's address says comes first, and some
// browsers forbid frames to look into their storage.
{
  let chosen = new URLSearchParams(location.search).get('theme')
  try {
    chosen ??= localStorage.getItem('nudge-color-scheme')
  } catch {}
  const isDark =
    chosen === 'dark' || (chosen !== 'light' && matchMedia('(prefers-color-scheme: dark)').matches)
  document.documentElement.setAttribute('data-mantine-color-scheme', isDark ? 'dark' : 'light')
}
