import type { Place } from '../shell/places'

/** Tells of messages that the user does not see come: title, sound, notification of the desktop. */
export function useNotifications(_place: Place): void {}
