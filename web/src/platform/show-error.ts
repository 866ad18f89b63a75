import { notifications } from '@mantine/notifications'

/** Long enough (ms) to read what went wrong, and what to do about it. */
const SHOWN_MS = 8000

/** Tells of something that failed, in a notice over the page. */
export function showError(message: string): void {
  notifications.show({ color: 'red', message, autoClose: SHOWN_MS })
}
