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
  const frame: NotificationFrame = { cmd: 'sendMessage', message: { syncs }, stamp }
  const payload = encodeFrame(frame)
  const target = parseTopic(topic)
  if (!target) throw new Error(`${topic} is not a topic to announce on`)
  if (target.kind === 'user' || target.type === 'y2wIMApp') return { userIds: new Set([target.id]), payload }

  const membership = await (mts === undefined
    ? memberships.find(target.id, 'api')
    : memberships.findSince(target.id, mts, 'api'))
  return membership && { userIds: membership.memberIds, payload, sessionId: target.id }
}
