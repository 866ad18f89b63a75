import type { SendFileOptions } from 'nudge-sdk'

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
const picked = new Map<string, readonly Attachment[]>()
const listeners = new Set<() => void>()

const keyOf = (userId: string, sessionId: string) => `${userId}/${sessionId}`

/** What this user has picked to send there. */
export function pickedFiles(userId: string, sessionId: string): readonly Attachment[] {
  return picked.get(keyOf(userId, sessionId)) ?? NONE
}

export function keepPicked(userId: string, sessionId: string, files: readonly Attachment[]): void {
  if (files.length === 0) picked.delete(keyOf(userId, sessionId))
  else picked.set(keyOf(userId, sessionId), files)
  changed()
}

/** For when a user logs out. */
export function forgetPicked(userId: string): void {
  for (const key of picked.keys()) if (key.startsWith(`${userId}/`)) picked.delete(key)
  changed()
}

export function onPickedChange(listener: () => void): () => void {
  listeners.add(listener)
  return () => listeners.delete(listener)
}

function changed(): void {
  for (const listener of listeners) listener()
}
