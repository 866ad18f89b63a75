import type { NotificationFrame } from '../../../shared/wire/frames.js'
import type { Sync } from '../../../shared/wire/sync-types.js'
import { parseJson } from '../json.js'

/** What push sends, told apart by its fields. (yun2win.md §2.3, §2.5) */
export type ServerFrame =
  | { kind: 'code'; returnCode: number }
  | { kind: 'ack'; id: string; returnCode: number; mts?: number }
  | { kind: 'notification'; frame: NotificationFrame }

/** Undefined for what is none of these: newer servers may say more than we know. */
export function readFrame(payload: string): ServerFrame | undefined {
  const value = parseJson(payload)
  if (typeof value !== 'object' || value === null) return undefined
  const frame = value as Record<string, unknown>
  const { y2wMessageId: id, returnCode, mts, cmd, message } = frame
  if (cmd === 'sendMessage') return readNotification(frame, message)
  if (typeof returnCode !== 'number') return undefined
  if (typeof id !== 'string') return { kind: 'code', returnCode }
  return { kind: 'ack', id, returnCode, ...(typeof mts === 'number' && { mts }) }
}

/** Any member of a session may have written the message: nothing in it is taken for granted. */
function readNotification(
  { stamp, mts }: Record<string, unknown>,
  message: unknown,
): ServerFrame | undefined {
  if (typeof message !== 'object' || message === null || Array.isArray(message)) return undefined
  const { syncs, ...custom } = message as Record<string, unknown>
  return {
    kind: 'notification',
    frame: {
      cmd: 'sendMessage',
      message: { ...custom, ...(Array.isArray(syncs) && { syncs: syncs.filter(isSync) }) },
      ...(typeof stamp === 'number' && { stamp }),
      ...(typeof mts === 'number' && { mts }),
    },
  }
}

function isSync(value: unknown): value is Sync {
  if (typeof value !== 'object' || value === null) return false
  const { type, sessionId } = value as Record<string, unknown>
  const isType = typeof type === 'number' || typeof type === 'string'
  return isType && (sessionId === undefined || typeof sessionId === 'string')
}
