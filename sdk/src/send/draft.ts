import type { NudgeErrorCode } from '../errors.js'

/** How far a message is: on its way, on the server, or refused by it. */
export type SendStatus = 'storing' | 'stored' | 'storefailed'

/** A message on its way to the server, as it is kept until it has arrived there. */
export interface Draft {
  /** Its place in the queue: later ones are larger. */
  key: string
  sessionId: string
  senderId: string
  /** Makes a repeated send safe: the server stores it once. */
  clientMessageId: string
  type: string
  /** Text of the message; undefined while its file has not been uploaded. */
  content?: string
  upload?: Upload
  /** By this device's clock, ms. */
  createdAt: number
  status: Exclude<SendStatus, 'stored'>
  error?: { code: NudgeErrorCode; message: string }
}

/** A file whose address is not known yet. */
export interface Upload {
  kind: 'image' | 'file' | 'video' | 'audio'
  name: string
  size: number
  /** Missing when the storage cannot keep files and the page was loaded again. */
  file?: Blob
  /** What the content says besides the file's address: pixels, seconds. */
  about?: Record<string, unknown>
}

export const DRAFTS = 'draft/'

let last = 0

/** Later keys come after this one, which another tab gave out, or an earlier page by a clock that was ahead. */
export function goOnAfter(key: string): void {
  last = Math.max(last, Number.parseInt(key.slice(DRAFTS.length), 10) || 0)
}

/** Keys of one device ascend in the order of sending, over reloads and clocks that stand still or step back. */
export function nextDraftKey(now = Date.now()): string {
  last = Math.max(last + 1, now * 1000)
  return `${DRAFTS}${String(last).padStart(17, '0')}-${Math.random().toString(36).slice(2, 8)}`
}
