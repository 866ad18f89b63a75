/** Puts words on the clipboard, also in a page that did not come over HTTPS and so has no Clipboard API. */
export async function copyText(words: string): Promise<void> {
  if (navigator.clipboard) return navigator.clipboard.writeText(words)
  const field = document.createElement('textarea')
  field.value = words
  field.style.position = 'fixed'
  field.style.opacity = '0'
  document.body.append(field)
  field.select()
  const hasCopied = document.execCommand('copy')
  field.remove()
  if (!hasCopied) throw new Error('the browser does not copy')
}
