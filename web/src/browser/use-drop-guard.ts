import { useWindowEvent } from '@mantine/hooks'

/** Files that are dropped where nobody takes them are ignored: or else the browser would leave the app and show them. */
export function useDropGuard(): void {
  // The window is told last.
  useWindowEvent('dragover', guard)
  useWindowEvent('drop', guard)
}

function guard(event: DragEvent): void {
  if (event.defaultPrevented || !event.dataTransfer?.types.includes('Files')) return
  event.preventDefault()
  event.dataTransfer.dropEffect = 'none'
}
