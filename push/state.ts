import type { NotificationFrame } from '../shared/wire/frames.js'
import { SyncType } from '../shared/wire/sync-types.js'
import type { State } from './outgoing.js'

const STATE_FIELDS = new Set(['syncs', 'pns'])
const SYNC_FIELDS = new Set(['type', 'sessionId'])
const STANDARD_TYPES = new Set<unknown>([
  SyncType.userConversations,
  SyncType.messages,
  SyncType.contacts,
  SyncType.userSessions,
])

/**
 * What makes a client's message a state: it holds nothing but standard syncs, which only name what to pull. Whatever
 * else clients put in is theirs, and every single one may matter.
 */
export function stateOf(message: NotificationFrame['message']): State | undefined {
  const { syncs } = message
  if (!Array.isArray(syncs) || !hasOnly(message, STATE_FIELDS)) return undefined
  return syncs.every(isPlain) ? { key: JSON.stringify(message), stamp: undefined } : undefined
}

function isPlain(sync: unknown): boolean {
  if (typeof sync !== 'object' || sync === null || !hasOnly(sync, SYNC_FIELDS)) return false
  return STANDARD_TYPES.has((sync as { type?: unknown }).type)
}

function hasOnly(object: object, fields: ReadonlySet<string>): boolean {
  return Object.keys(object).every((field) => fields.has(field))
}
