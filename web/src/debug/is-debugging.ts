/** `?debug` in the page's address opens the developer's view. */
export const isDebugging = new URLSearchParams(location.search).has('debug')
