import type { KeyboardEvent as ReactKeyboardEvent } from 'react'

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

/** Whether a key of React's is part of writing a word with an input method, as for Chinese. */
export function isComposing({ nativeEvent, keyCode }: ReactKeyboardEvent): boolean {
  // Safari ends the composition before it tells of the key that did.
  return nativeEvent.isComposing || keyCode === 229
}
