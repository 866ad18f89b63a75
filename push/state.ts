import type { NotificationFrame } from '../shared/wire/frames.js'
import type { State } from './outgoing.js'

const STATE_FIELDS = new Set(['syncs', 'pns'])
const SYNC_FIELDS = new Set(['type', 'sessionId'])

/**
 * What makes a message a state: it holds nothing but syncs that only name what to pull. Whatever else clients put
 * in is theirs, and every single one may matter.
 */
export function stateOf(message: NotificationFrame['message'], stamp?: number): State | undefined {
  const { syncs } = message
  if (!Array.isArray(syncs) || !hasOnly(message, STATE_FIELDS)) return undefined
  const isPlain = syncs.every(
    (sync) => typeof sync === 'object' && sync !== null && hasOnly(sync, SYNC_FIELDS),
  )
  return isPlain ? { key: JSON.stringify(message), stamp } : undefined
}

function hasOnly(object: object, fields: ReadonlySet<string>): boolean {
  return Object.keys(object).every((field) => fields.has(field))
}
