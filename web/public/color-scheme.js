// Before the first paint, so that a dark page does not begin with a white flash. A file of its own: the page's policy
// allows no script inside it.
{
  const chosen = localStorage.getItem('nudge-color-scheme')
  const isDark =
    chosen === 'dark' || (chosen !== 'light' && matchMedia('(prefers-color-scheme: dark)').matches)
  document.documentElement.setAttribute('data-mantine-color-scheme', isDark ? 'dark' : 'light')
}
