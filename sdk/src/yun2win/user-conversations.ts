import type { LastMessageObject, UserConversationObject } from '../../../shared/wire/objects.js'
import { avatarAddress, avatarOf } from './avatar.js'
import { CachedList, changesOf } from './cached-list.js'
import { answer, type Callback } from './callbacks.js'
import { contentOf } from './content.js'
import type { CurrentUser } from './current-user.js'
import { globalMinDate, msOf } from './dates.js'
import type { Message } from './messages.js'
import type { Session } from './sessions.js'
import type { User } from './user.js'

/** The newest message of a conversation, as its line in the list shows it. */
export interface LastMessage {
  scene: string
  /** A user's id, or `system`. */
  sender: string
  type: string
  /** Parsed where it is JSON. */
  content: unknown
  /** Undefined while the sender is unknown here. */
  from: User | undefined
  to: User | undefined
}

const keyOf = ({ type, targetId }: { type: string; targetId: string }) => `${type}-${targetId}`

/** The user's conversations. The server keeps them; clients only pull them. */
export class UserConversations {
  readonly user: CurrentUser
  /** ms: what is pulled next is newer. */
  updatedAt: number = globalMinDate
  readonly remote: UserConversationsRemote
  /** @internal */
  readonly list!: CachedList<UserConversationObject, UserConversation>

  constructor(user: CurrentUser) {
    this.user = user
    const list = new CachedList<UserConversationObject, UserConversation>({
      context: user.context,
      cacheKey: () => `${user.id}_userConversations`,
      keyOf,
      make: (row) => new UserConversation(this, row),
    })
    Object.defineProperty(this, 'list', { value: list, enumerable: false })
    this.remote = new UserConversationsRemote(this)
  }

  /** Fills the list from localStorage. */
  init(): void {
    this.list.init()
    this.updatedAt = this.list.cursor
  }

  /** With a user (`p2p`, his id), or in a group (`group`, the session's id). Deleted ones too: see `isDelete`. */
  get(type: string, targetId: string): UserConversation | undefined {
    return this.list.get(keyOf({ type, targetId }))
  }

  /** Those that are shown: pinned ones first, then the one that changed last. */
  getUserConversations(type?: string): UserConversation[] {
    return this.list
      .live()
      .filter((conversation) => !type || conversation.type === type)
      .sort((a, b) => Number(b.top) - Number(a.top) || b.updatedAt - a.updatedAt)
  }
}

/** `userConversations.remote` */
export class UserConversationsRemote {
  readonly #all: UserConversations

  /** @internal */
  constructor(all: UserConversations) {
    this.#all = all
  }

  /** Pulls what is new. Gives how many came. */
  sync(cb?: Callback<number>): void {
    answer(this.pull(), cb)
  }

  /** Sends what has been changed of `top` and, in a conversation with a user, of `name`. */
  store(userConversation: UserConversation, cb?: Callback<UserConversationObject>): void {
    answer(this.#store(userConversation), cb)
  }

  /** Takes it off the list, until its next message. */
  remove(userConversationId: string, cb?: Callback<void>): void {
    answer(this.#remove(userConversationId), cb)
  }

  /** @internal */
  pull(): Promise<number> {
    const all = this.#all
    const { user, list } = all
    return list.inTurn(() =>
      user.context.pull<UserConversationObject>(
        { path: `users/${user.id}/userConversations`, token: user.token, cursor: () => all.updatedAt },
        (rows) => {
          list.take(rows)
          all.updatedAt = Math.max(all.updatedAt, list.cursor)
        },
      ),
    )
  }

  async #remove(id: string): Promise<void> {
    const { user } = this.#all
    const path = `users/${user.id}/userConversations/${id}`
    await user.context.rest(user.token).ask({ method: 'DELETE', path })
  }

  async #store(conversation: UserConversation): Promise<UserConversationObject> {
    const { user, list } = this.#all
    const json = changesOf(conversation, list.rowOf(keyOf(conversation)), ['name', 'top'])
    const path = `users/${user.id}/userConversations/${conversation.id}`
    return user.context.rest(user.token).ask<UserConversationObject>({ method: 'PUT', path, json })
  }
}

/** A line of the list of conversations. */
export class UserConversation {
  readonly userConversations: UserConversations
  id!: string
  name!: string
  /** One space when there is none. */
  avatarUrl!: string
  /** `p2p`: the other user's id; `group`: the session's. */
  targetId!: string
  /** Of the session it shows; the vendor's server did not tell. */
  sessionId!: string
  unread!: number
  /** `p2p`, `group` or `single` */
  type!: string
  isDelete!: boolean
  /** ms */
  createdAt!: number
  /** ms */
  updatedAt!: number
  visiable!: boolean
  /** Pinned. */
  top!: boolean
  lastMessage: LastMessage | undefined

  /** @internal */
  constructor(userConversations: UserConversations, row: UserConversationObject) {
    this.userConversations = userConversations
    this.update(row)
  }

  /** Of a user: the contact's remark name, before the name he has himself. */
  getName(): string {
    return (this.type === 'p2p' && this.#contact?.title) || this.name
  }

  /** An address for `<img>`; null without an avatar. */
  getAvatarUrl(): string | null {
    const { user } = this.userConversations
    return avatarAddress(user.context, user.addressToken, this.avatarUrl)
  }

  /** The session behind it. */
  getSession(cb?: Callback<Session>): void {
    answer(this.session(), cb)
  }

  /**
   * Pulls new messages, when the conversation has changed since the last time.
   *
   * @param force whether it has changed or not
   */
  syncMessages(force: boolean, cb?: Callback<Message[]>): void
  /** Without `force`. */
  syncMessages(cb: Callback<Message[]>): void
  syncMessages(force: boolean | Callback<Message[]>, cb?: Callback<Message[]>): void {
    const isForced = force === true
    answer(this.#syncMessages(isForced), typeof force === 'function' ? force : cb)
  }

  /** Reads the 20 messages before those that are held. */
  getLastMessages(cb?: Callback<Message[]>): void {
    answer(
      this.session().then((session) => session.messages.remote.pullOlder()),
      cb,
    )
  }

  /** Nothing is unread any more: here at once, and on the user's other devices too. */
  clearUnread(): void {
    if (!this.unread) return
    this.unread = 0
    const { list } = this.userConversations
    list.patch(keyOf(this), { unread: 0 })
    answer(this.#markRead(), undefined)
  }

  /** What localStorage keeps. */
  toJSON(): object {
    const { id, name, avatarUrl, targetId, sessionId, unread, type, isDelete, createdAt, updatedAt } = this
    const { visiable, top, lastMessage } = this
    const { from: _, to: __, ...last } = lastMessage ?? {}
    return {
      id,
      name,
      avatarUrl,
      targetId,
      sessionId,
      unread,
      type,
      isDelete,
      createdAt,
      updatedAt,
      visiable,
      top,
      ...(lastMessage && { lastMessage: last }),
    }
  }

  /** @internal */
  session(): Promise<Session> {
    return this.userConversations.user.sessions.load(this.targetId, this.type)
  }

  /** @internal */
  update(row: UserConversationObject): void {
    this.id = row.id
    this.name = row.name
    this.avatarUrl = avatarOf(row.avatarUrl)
    this.targetId = row.targetId
    this.sessionId = row.sessionId
    this.unread = row.unread
    this.type = row.type
    this.isDelete = row.isDelete
    this.createdAt = msOf(row.createdAt)
    this.updatedAt = msOf(row.updatedAt)
    this.visiable = row.visiable
    this.top = row.top
    const { users } = this.userConversations.user.context
    // The name may be the owner's own; whoever tells of the user himself knows better.
    if (this.type === 'p2p' && !users.get(this.targetId)) {
      users.note({ id: this.targetId, name: this.name, avatarUrl: this.avatarUrl })
    }
    this.lastMessage = row.lastMessage && this.#last(row.lastMessage)
  }

  /** Reading is what resets the count; nothing is newer than this cursor. */
  async #markRead(): Promise<void> {
    const { user } = this.userConversations
    const ask = { query: { limit: 1 }, cursor: Date.parse('9999-12-31') }
    await user.context.rest(user.token).ask({ path: `sessions/${this.sessionId}/messages`, ...ask })
  }

  async #syncMessages(isForced: boolean): Promise<Message[]> {
    const { messages } = await this.session()
    return isForced || this.updatedAt > messages.updatedAt ? messages.remote.pull() : []
  }

  #last({ sender, type, content }: LastMessageObject): LastMessage {
    const { user } = this.userConversations
    const { users } = user.context
    const isP2p = this.type === 'p2p'
    const other = isP2p ? users.get(this.targetId) : undefined
    const from = sender === user.id ? user : isP2p ? other : users.get(sender)
    const to = isP2p ? (sender === user.id ? other : user) : undefined
    return { scene: this.type, sender, type, content: contentOf(content), from, to }
  }

  get #contact() {
    const contact = this.userConversations.user.contacts.get(this.targetId)
    return contact?.isDelete ? undefined : contact
  }
}
