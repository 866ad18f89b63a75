import type { UserConversationObject } from '../../../shared/wire/objects.js'
import type { SessionType } from '../../../shared/wire/session-types.js'
import type { Core } from './core.js'
import { Entity } from './entity.js'
import type { Session } from './session.js'

/** What a conversation shows of its newest message. */
export interface LastMessage {
  /** A user's id, or `system`. */
  senderId: string
  type: string
  /** One line that says what it is. */
  preview: string
  /** ms since 1970. */
  createdAt: number
}

/** A line of the user's list of conversations. */
export class Conversation extends Entity<UserConversationObject> {
  constructor(
    private readonly core: Core,
    row: UserConversationObject,
  ) {
    super(row)
  }

  get sessionId(): string {
    return this.row.sessionId
  }

  get type(): SessionType {
    return this.row.type
  }

  /** The other user (p2p), the session (group), or oneself (single). */
  get targetId(): string {
    return this.row.targetId
  }

  get name(): string {
    return this.row.name
  }

  get avatarUrl(): string {
    return this.row.avatarUrl
  }

  get unread(): number {
    return this.row.unread
  }

  /** Pinned. */
  get isTop(): boolean {
    return this.row.top
  }

  get lastMessage(): LastMessage | undefined {
    const last = this.row.lastMessage
    if (!last) return undefined
    return {
      senderId: last.sender,
      type: last.type,
      preview: this.core.messageTypes.preview(last.type, last.content),
      createdAt: Date.parse(last.createdAt),
    }
  }

  /** ms: what the list is ordered by. */
  get activeAt(): number {
    return Date.parse(activity(this))
  }

  /** Undefined for a moment after a new conversation has come. */
  get session(): Session | undefined {
    return this.core.session(this.sessionId)
  }

  /** Pins it to the top, or takes it off. Throws NudgeError. */
  pin(isTop: boolean): Promise<void> {
    return this.#change({ top: isTop })
  }

  /** Your own name for the other user; blank follows theirs again. Throws NudgeError. */
  rename(name: string): Promise<void> {
    return this.#change({ name })
  }

  /** Off the list until the next message. Throws NudgeError. */
  async remove(): Promise<void> {
    await this.core.rest.ask({ method: 'DELETE', path: this.#path })
    await this.core.refresh('conversations')
  }

  /** Everything in it has been seen, on all devices. Throws NudgeError. */
  async markRead(): Promise<void> {
    if (this.unread === 0) return
    // Reading is what resets the count; nothing is newer than this cursor.
    await this.core.rest.ask({
      path: `sessions/${this.sessionId}/messages`,
      query: { limit: 1 },
      cursor: Date.parse('9999-12-31'),
    })
    await this.core.refresh('conversations')
  }

  async #change(json: object): Promise<void> {
    await this.core.rest.ask({ method: 'PUT', path: this.#path, json })
    await this.core.refresh('conversations')
  }

  get #path(): string {
    return `users/${this.core.userId()}/userConversations/${this.id}`
  }
}

/** Pinned ones first, then the one that was active last. */
export function compareConversations(a: Conversation, b: Conversation): number {
  if (a.isTop !== b.isTop) return a.isTop ? -1 : 1
  // Dates of the wire order as text: thousands are compared with every change of the list.
  const [aAt, bAt] = [activity(a), activity(b)]
  return aAt === bAt ? Number(b.id) - Number(a.id) : aAt < bAt ? 1 : -1
}

function activity({ row }: Conversation): string {
  return row.lastMessage?.createdAt ?? row.createdAt
}
