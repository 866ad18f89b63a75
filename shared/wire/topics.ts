/** The only place that builds or reads MQTT topics. (yun2win.md §2.4, design §6) */

const SESSION_TOPIC = /^y2w\/session\/(p2p|group|single|y2wIMApp)_(0|[1-9][0-9]{0,17})$/
const USER_TOPIC = /^y2w\/user\/(0|[1-9][0-9]{0,17})$/

/** `y2wIMApp` is not a stored session: it is the application channel to one user, its id a user id. */
export type ChannelType = 'p2p' | 'group' | 'single' | 'y2wIMApp'

export type Topic = { kind: 'session'; type: ChannelType; id: string } | { kind: 'user'; id: string }

/** What clients publish to, and the API too: `y2w/session/<type>_<id>`. */
export function sessionTopic(type: ChannelType, id: string): string {
  return `y2w/session/${sessionRef(type, id)}`
}

/** What one user's devices receive on: `y2w/user/<uid>`. Only the API may publish to it. */
export function userTopic(userId: string): string {
  return `y2w/user/${userId}`
}

/** A session as sync notifications name it: `<type>_<id>`. */
export function sessionRef(type: ChannelType, id: string): string {
  return `${type}_${id}`
}

export function parseTopic(topic: string): Topic | undefined {
  const session = SESSION_TOPIC.exec(topic)
  if (session) return { kind: 'session', type: session[1] as ChannelType, id: session[2] as string }
  const user = USER_TOPIC.exec(topic)
  return user ? { kind: 'user', id: user[1] as string } : undefined
}
