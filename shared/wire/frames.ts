import { z } from 'zod'
import type { ReturnCode } from './codes.js'
import type { Sync } from './sync-types.js'

/** Frames between clients, push and api: JSON objects in MQTT PUBLISH payloads. (yun2win.md §2.4, §2.5) */

const FrameId = z.string().min(1).max(128)
const MtsNumber = z.number().int().nonnegative()

/** client -> push. `message` is relayed verbatim, whatever it holds. */
export const SendMessageFrame = z.object({
  cmd: z.literal('sendMessage'),
  y2wMessageId: FrameId,
  mts: MtsNumber,
  message: z.record(z.string(), z.unknown()),
})
export type SendMessageFrame = z.infer<typeof SendMessageFrame>

/** client -> push. `members` is what old clients believe; it is never trusted. */
export const UpdateSessionFrame = z.object({
  cmd: z.literal('updateSession'),
  y2wMessageId: FrameId,
  mts: MtsNumber.optional(),
  members: z.array(z.unknown()),
  force: z.boolean().optional(),
  message: z.record(z.string(), z.unknown()).optional(),
})
export type UpdateSessionFrame = z.infer<typeof UpdateSessionFrame>

/** push -> client, once per received frame. Never carries `cmd`; `mts` only with 27 and 28. */
export interface AckFrame {
  y2wMessageId: string
  returnCode: ReturnCode
  mts?: number
}

/**
 * push -> client: something changed, look here. Never carries the sender's `y2wMessageId`.
 * On the API's own notifications `stamp` is that (ms) of the newest change told of, and `mts` that of the session's
 * members: who has pulled past both need not pull.
 */
export interface NotificationFrame {
  cmd: 'sendMessage'
  message: { syncs?: Sync[]; [custom: string]: unknown }
  stamp?: number
  mts?: number
}
