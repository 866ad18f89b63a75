import type { MessageObject } from '../../../shared/wire/objects.js'
import type { SessionType } from '../../../shared/wire/session-types.js'
import type { ClientEvents } from '../client-events.js'
import type { Emitter } from '../events.js'
import type { MessageTypes } from '../extend/message-type.js'
import type { Rest } from '../http/rest.js'
import type { Draft } from '../send/draft.js'
import type { Replica } from '../store/replica.js'
import type { Conversation } from './conversation.js'
import type { Member } from './member.js'
import type { Message } from './message.js'
import type { Session } from './session.js'

/** What the objects of the model ask of the client they belong to. */
export interface Core {
  readonly rest: Rest
  readonly events: Emitter<ClientEvents>
  readonly messageTypes: MessageTypes
  readonly drafts: Drafts
  /** Of who is logged in. Throws NotLoggedIn. */
  userId(): string
  /** False for everybody when nobody is logged in. */
  isMe(userId: string): boolean
  /** Throws NotLoggedIn. */
  replica(): Replica
  /** Pulls a collection, in whichever tab syncs. Rejects with the first failure; it is tried on all the same. */
  pull(key: string): Promise<void>
  /** The same after a write that has succeeded: when it cannot be seen yet, that is no failure of the write. */
  refresh(...keys: string[]): Promise<void>
  /** Reads so many older messages from the server. Gives how many came. */
  loadOlder(sessionId: string, count: number): Promise<number>
  /** Queues a message and shows it. Throws NotLoggedIn. */
  send(sessionId: string, what: Pick<Draft, 'type' | 'content' | 'upload'>): Message
  /** Over push, to the session's members. Throws NudgeError. */
  notify(type: SessionType, sessionId: string, message: Record<string, unknown>): Promise<void>
  p2pSession(userId: string): Session | undefined
  /** Whether somebody looks at what this key stands for, so that it is pulled with every connect. */
  watch(key: string, isWatched: boolean): void
  /** The one object of a message. */
  messageOf(row: MessageObject): Message
  /** This is from now on the one object of its row. */
  adopt(message: Message): void
  session(sessionId: string): Session | undefined
  conversationOf(sessionId: string): Conversation | undefined
  memberChanged(session: Session, member: Member, isNew: boolean): void
}

/** Messages on their way. */
export interface Drafts {
  /** In the order of sending. */
  of(sessionId: string): Draft[]
  messageOf(key: string): Message | undefined
  whenDone(key: string): Promise<void>
  cancel(key: string): Promise<boolean>
  resend(key: string): Promise<void>
}
