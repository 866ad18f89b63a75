import { userTopic } from '../shared/wire/topics.js'
import type { Connection, Connections } from './connections.js'
import { encodePublish } from './encode.js'
import type { State } from './outgoing.js'

/** A notification and those whom it concerns. */
export interface Delivery {
  userIds: ReadonlySet<string>
  /** The notification frame, written once for everyone. */
  payload: Buffer
  /** Set when it only says where to look. */
  state?: State | undefined
  /** The session whose members they are, if it goes to a session. */
  sessionId?: string
}

/** Hands a notification to the sockets of everyone concerned who is connected here, `except` the sender's. */
export function deliver(
  connections: Connections,
  { userIds, payload, state }: Delivery,
  except?: Connection,
): void {
  for (const userId of connectedOf(connections, userIds)) {
    const own = connections.of(userId)
    if (!own) continue
    // The topic is the user's, so that clients which route by topic understand it; old ones ignore it.
    const packet = encodePublish(userTopic(userId), payload)
    for (const connection of own) if (connection !== except) connection.send(packet, state)
  }
}

/** Walks over whichever is smaller: a large group on a quiet node, or a pair on a busy one. */
function connectedOf(connections: Connections, userIds: ReadonlySet<string>): Iterable<string> {
  if (userIds.size <= connections.userCount) return userIds
  return [...connections.userIds()].filter((userId) => userIds.has(userId))
}
