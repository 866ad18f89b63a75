import type { Announcement } from '../shared/server/announcement.js'
import type { NotificationFrame } from '../shared/wire/frames.js'
import { parseTopic } from '../shared/wire/topics.js'
import type { Delivery } from './deliver.js'
import { encodeFrame } from './encode.js'
import type { MembershipCache } from './membership-cache.js'

/**
 * Whom an announcement of the API concerns and what they are told. Undefined when it concerns nobody: its
 * session is gone. Rejects when the members cannot be found out, so that the API tries again.
 */
export async function planAnnouncement(
  memberships: MembershipCache,
  { topic, stamp, mts, syncs }: Announcement,
): Promise<Delivery | undefined> {
  const message = { syncs }
  const frame: NotificationFrame = { cmd: 'sendMessage', message, stamp, ...(mts !== undefined && { mts }) }
  const payload = encodeFrame(frame)
  // Whatever its type: the API only ever says where to look.
  const state = { key: JSON.stringify(message), stamp }
  const target = parseTopic(topic)
  if (!target) throw new Error(`${topic} is not a topic to announce on`)
  if (target.kind === 'user' || target.type === 'y2wIMApp')
    return { userIds: new Set([target.id]), payload, state }

  const membership = await (mts === undefined
    ? memberships.find(target.id, 'api')
    : memberships.findSince(target.id, mts, 'api'))
  // Without anything to look at it only says that the members have changed.
  if (!membership || syncs.length === 0) return undefined
  return { userIds: membership.memberIds, payload, state, sessionId: target.id }
}
