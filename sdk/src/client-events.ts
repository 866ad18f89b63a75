import type { NotificationFrame } from '../../shared/wire/frames.js'
import type { Sync } from '../../shared/wire/sync-types.js'
import type { NudgeError } from './errors.js'
import type { RequestTrace } from './http/rest.js'
import type { Contact } from './model/contacts.js'
import type { Conversation } from './model/conversation.js'
import type { Favourite } from './model/favourites.js'
import type { Me } from './model/me.js'
import type { Member } from './model/member.js'
import type { Message } from './model/message.js'
import type { Session } from './model/session.js'
import type { State } from './sync/states.js'

/** A change of the connection's state. */
export interface StatusEvent {
  state: State
  previous: State
  /** When (ms since 1970) the client dials again; with `offline` only. */
  retryAt?: number
}

/** What happened behind the scenes, for a developer's view. */
export type Trace =
  | { kind: 'request'; request: RequestTrace }
  /** Received from push. */
  | { kind: 'frame'; frame: object }
  /** A notification that asked for nothing this device does not have. */
  | { kind: 'held'; sync: Sync; stamp: number }

/** What `client.on` and `client.next` tell of, by name. */
export interface ClientEvents {
  /** The connection's state has changed. */
  status: StatusEvent
  /** A message that is new to this device: received, or sent from here (still `storing`). Once each. */
  message: Message
  /** One that was there already: stored, refused, edited, recalled or deleted. */
  messageChanged: Message
  conversation: Conversation
  contact: Contact
  favourite: Favourite
  session: Session
  member: { session: Session; member: Member; isNew: boolean }
  /** The own profile. */
  me: Me
  /** One item of a notification, whatever its type, as it comes. */
  sync: { sync: Sync; stamp?: number }
  /** What somebody sent over push, custom payloads included, as it comes. Never stored: who is away misses it. */
  notification: NotificationFrame['message']
  /** Another device has taken this one's place; `client.start()` takes it back. */
  kicked: undefined
  /** Nobody is logged in any more: by `logout`, in another tab, or because the server ended the login. */
  loggedOut: { reason: 'logout' | 'rejected' }
  /** Something went wrong that nobody waits for. The client goes on. */
  error: NudgeError
  trace: Trace
}
