import type { SendFileOptions } from 'nudge-sdk'
import { forgetUserIn, remembered } from '../browser/stored'

/** How a file is going to be sent. */
export interface Look {
  kind: NonNullable<SendFileOptions['kind']>
  about: Record<string, unknown>
}

/** A file that was picked, and is sent together with the words. */
export interface Attachment {
  id: number
  file: File
  look: Promise<Look | undefined>
}

const NONE: readonly Attachment[] = []
/** What was picked and not sent, by user and session: as long as the page, for files cannot be kept for longer. */
const picked = remembered<Record<string, readonly Attachment[]>>({})

const keyOf = (userId: string, sessionId: string) => `${userId}/${sessionId}`

/** What this user has picked to send there. */
export function pickedFiles(userId: string, sessionId: string): readonly Attachment[] {
  return picked.get()[keyOf(userId, sessionId)] ?? NONE
}

export function keepPicked(userId: string, sessionId: string, files: readonly Attachment[]): void {
  const { [keyOf(userId, sessionId)]: _, ...others } = picked.get()
  picked.set(files.length === 0 ? others : { ...others, [keyOf(userId, sessionId)]: files })
}

/** For when a user logs out. */
export function forgetPicked(userId: string): void {
  forgetUserIn(picked, userId)
}

export const onPickedChange = picked.subscribe
