import type { NotificationFrame } from '../../../shared/wire/frames.js'

/** What push sends, told apart by its fields. (yun2win.md §2.3, §2.5) */
export type ServerFrame =
  | { kind: 'code'; returnCode: number }
  | { kind: 'ack'; id: string; returnCode: number; mts?: number }
  | { kind: 'notification'; frame: NotificationFrame }

/** Undefined for what is none of these: newer servers may say more than we know. */
export function readFrame(payload: string): ServerFrame | undefined {
  const frame = parse(payload)
  if (frame === undefined) return undefined
  const { y2wMessageId: id, returnCode, mts, cmd, message } = frame
  if (cmd === 'sendMessage') {
    const isMessage = typeof message === 'object' && message !== null
    return isMessage ? { kind: 'notification', frame: frame as unknown as NotificationFrame } : undefined
  }
  if (typeof returnCode !== 'number') return undefined
  if (typeof id !== 'string') return { kind: 'code', returnCode }
  return { kind: 'ack', id, returnCode, ...(typeof mts === 'number' && { mts }) }
}

function parse(payload: string): Record<string, unknown> | undefined {
  try {
    const value: unknown = JSON.parse(payload)
    return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : undefined
  } catch {
    return undefined
  }
}
