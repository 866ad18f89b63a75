/** What takes keys for itself. */
const FIELDS = 'input, textarea, select, video, audio, [contenteditable]'
const OVER_THE_APP = '[role="dialog"], [role="menu"], [role="listbox"]'

/** Whether somebody writes or moves something with the keyboard there; `isOwn` are fields that do not count. */
export function takesKeys(
  target: EventTarget | null,
  isOwn: (field: Element) => boolean = () => false,
): boolean {
  // With a window over the app, also who has the focus nowhere is not in the app.
  if (document.querySelector('[aria-modal="true"]')) return true
  if (!(target instanceof Element)) return false
  const field = target.closest(FIELDS)
  return target.closest(OVER_THE_APP) !== null || (field !== null && !isOwn(field))
}
