import type { MessageListObject, MessageObject } from '../../../shared/wire/objects.js'
import { NudgeError } from '../errors.js'
import { guid } from '../guid.js'
import { Locks } from '../sync/locks.js'
import { answer, type Callback } from './callbacks.js'
import { contentOf } from './content.js'
import { globalMaxDate, globalMinDate, msOf } from './dates.js'
import type { SessionMember } from './session-members.js'
import type { Session } from './sessions.js'
import type { User } from './user.js'

/** As many as the old client reads at a time, going back. */
const OLDER = 20
const PAGE = 1000

/** What `createMessage` makes a message of. */
export interface MessageFields {
  /** A new one unless given. */
  id?: string
  sender: string
  type: string
  /** An object, or its JSON. */
  content: unknown
  /** For the reader only: it goes to the session the message is made in. */
  to?: string
  createdAt?: string | number
  updatedAt?: string | number
  isDelete?: boolean
  status?: MessageStatus
  clientMessageId?: string
}

/** Of messages that are sent from here; empty for all others. */
export type MessageStatus = '' | 'storing' | 'stored' | 'storefailed'

/** The messages of a session: kept in memory only, and pulled anew by every page. */
export class Messages {
  readonly session: Session
  /** Whether the server has older ones. */
  more = true
  /** ms: what is pulled next is newer. */
  updatedAt: number = globalMinDate
  /** ms: of the oldest one held. The history before it has not been read. */
  topDate: number = globalMaxDate
  /** ms: when the session changed last, by the server's word. */
  sessionUpdatedAt: number = globalMinDate
  readonly remote: MessagesRemote
  #list: Message[] = []

  constructor(session: Session) {
    this.session = session
    this.remote = new MessagesRemote(this)
  }

  /** How many are held. */
  count(): number {
    return this.#list.length
  }

  /** Oldest first; those on their way are at the end. */
  getMessages(): Message[] {
    return [...this.#list]
  }

  /** Undefined when it is not held. */
  get(id: string): Message | undefined {
    return this.#list.find((message) => message.id === id)
  }

  /** Makes a message that is not yet in the list nor on the server. */
  createMessage(obj: MessageFields): Message {
    return new Message(this, obj)
  }

  /** Puts a message at its place in the list. */
  add(message: Message): void {
    if (!this.#list.includes(message)) this.#list.push(message)
    this.arrange()
  }

  /** @internal Rows of the server. Gives them as messages, oldest first. */
  take(rows: readonly MessageObject[]): Message[] {
    const messages = rows.map((row) => {
      const known = this.#known(row)
      if (known) known.update(row)
      else this.#list.push(new Message(this, row))
      return known ?? (this.#list.at(-1) as Message)
    })
    this.arrange()
    return messages.sort(compare)
  }

  /** @internal */
  arrange(): void {
    this.#list.sort(compare)
  }

  /** @internal Those that were sent from here may come back before their answer does. */
  isKnown(row: MessageObject): boolean {
    return this.#known(row) !== undefined
  }

  #known({ id, sender, clientMessageId }: MessageObject): Message | undefined {
    return this.#list.find(
      (message) =>
        message.id === id ||
        (clientMessageId !== undefined &&
          message.clientMessageId === clientMessageId &&
          message.sender === sender),
    )
  }
}

const isOnItsWay = ({ status }: Message) => status === 'storing' || status === 'storefailed'

/** Sorting is stable: those on their way stay in the order of sending. */
function compare(a: Message, b: Message): number {
  if (isOnItsWay(a) || isOnItsWay(b)) return Number(isOnItsWay(a)) - Number(isOnItsWay(b))
  return a.createdAt - b.createdAt || Number(a.id) - Number(b.id)
}

/** `session.messages.remote` */
export class MessagesRemote {
  readonly #messages: Messages
  readonly #locks = new Locks()

  /** @internal */
  constructor(messages: Messages) {
    this.#messages = messages
  }

  /**
   * Stores a message. One that failed may be stored again: the server has it once, even where the first try had
   * reached it.
   */
  store(message: Message, cb?: Callback<Message>): void {
    answer(this.post(message), cb)
  }

  /** Changes a message that is stored: an edit, or with type `system` a recall. */
  update(message: Message, cb?: Callback<Message>): void {
    answer(this.#put(message), cb)
  }

  /**
   * Pulls what is new, and the session where that has changed. Who has been removed from the session gets no error but
   * an empty list: the own member is `isDelete` then.
   */
  sync(cb?: Callback<Message[]>): void {
    answer(this.pull(), cb)
  }

  /** Reads the 20 messages before `topDate`. */
  getLastMessages(cb?: Callback<Message[]>): void {
    answer(this.pullOlder(), cb)
  }

  /** @internal */
  async post(message: Message): Promise<Message> {
    message.status = 'storing'
    message.clientMessageId ??= guid()
    const { sender, type, content, clientMessageId } = message
    try {
      const json = { sender, type, content: JSON.stringify(content), clientMessageId }
      const row = await this.#ask<MessageObject>({ method: 'POST', path: 'messages', json })
      this.#stored(message, row)
      return message
    } catch (error) {
      message.status = 'storefailed'
      throw error
    } finally {
      this.#messages.arrange()
    }
  }

  /** @internal */
  pull(): Promise<Message[]> {
    return this.#locks.hold('', async () => {
      try {
        return await this.#pull()
      } catch (error) {
        if (!(error instanceof NudgeError) || error.status !== 403) throw error
        await this.#refreshSession()
        return []
      }
    })
  }

  /** @internal */
  pullOlder(): Promise<Message[]> {
    return this.#locks.hold('', async () => {
      const messages = this.#messages
      const rows = await this.#ask<MessageObject[]>({
        path: 'messages/history',
        query: { limit: OLDER },
        cursor: messages.topDate,
      })
      for (const { createdAt } of rows) {
        const stamp = msOf(createdAt)
        messages.topDate = Math.min(messages.topDate, stamp)
        messages.updatedAt = Math.max(messages.updatedAt, stamp)
      }
      messages.more = rows.length >= OLDER
      return messages.take(rows)
    })
  }

  async #pull(): Promise<Message[]> {
    const messages = this.#messages
    const found: MessageObject[] = []
    const isWhole = messages.updatedAt === globalMinDate
    for (;;) {
      const page = await this.#ask<MessageListObject>({
        path: 'messages',
        query: { limit: PAGE },
        cursor: messages.updatedAt,
      })
      for (const row of page.entries) {
        messages.updatedAt = Math.max(messages.updatedAt, msOf(row.updatedAt))
        if (isWhole) messages.topDate = Math.min(messages.topDate, msOf(row.createdAt))
        // An old one that was changed: it is read, as it is then, by whoever goes back so far.
        const isBelow = msOf(row.createdAt) < messages.topDate && messages.topDate !== globalMaxDate
        if (!isBelow || messages.isKnown(row)) found.push(row)
      }
      messages.sessionUpdatedAt = Math.max(messages.sessionUpdatedAt, msOf(page.sessionUpdatedAt))
      if (page.entries.length === 0 || page.entries.length >= page.total_count) break
    }
    const list = messages.take(found)
    if (messages.session.updatedAt < messages.sessionUpdatedAt) await this.#refreshSession()
    return list
  }

  async #put(message: Message): Promise<Message> {
    const { sender, type, content } = message
    const json = { sender, type, content: JSON.stringify(content) }
    const row = await this.#ask<MessageObject>({ method: 'PUT', path: `messages/${message.id}`, json })
    message.update(row)
    return message
  }

  #stored(message: Message, row: MessageObject): void {
    message.status = 'stored'
    message.id = row.id
    message.createdAt = msOf(row.createdAt)
    message.updatedAt = msOf(row.updatedAt)
    // Who stores it once more wants it said once more.
    delete message.clientMessageId
  }

  #refreshSession(): Promise<Session> {
    const { session } = this.#messages
    return session.sessions.refresh(session)
  }

  async #ask<T>({ path, ...ask }: Parameters<ReturnType<typeof this.rest>['ask']>[0]): Promise<T> {
    return this.rest().ask<T>({ ...ask, path: `sessions/${this.#messages.session.id}/${path}` })
  }

  /** @internal */
  rest() {
    const { user } = this.#messages.session.sessions
    return user.context.rest(user.token)
  }
}

/** Something that somebody said. */
export class Message {
  readonly messages: Messages
  /** The server's once it is stored. */
  id: string
  /** A user's id, or `system`. */
  sender: string
  /** `text`, `image`, `video`, `audio`, `file`, `system`, or one of your own */
  type: string
  /** What the JSON says. */
  // biome-ignore lint/suspicious/noExplicitAny: every type has a content of its own
  content: any
  /** ms; by this device's clock until it is stored. */
  createdAt: number
  /** ms */
  updatedAt: number
  isDelete: boolean
  status: MessageStatus
  /** @internal */
  clientMessageId?: string

  /** @internal */
  constructor(messages: Messages, obj: MessageFields) {
    const now = Date.now()
    this.messages = messages
    this.id = obj.id ?? guid()
    this.sender = obj.sender
    this.type = obj.type
    this.content = contentOf(obj.content)
    this.createdAt = obj.createdAt === undefined ? now : msOf(obj.createdAt)
    this.updatedAt = obj.updatedAt === undefined ? now : msOf(obj.updatedAt)
    this.isDelete = obj.isDelete ?? false
    this.status = obj.status ?? ''
    if (obj.id === undefined) this.clientMessageId = this.id
  }

  /** Who said it: between two people the user, in a group the member; undefined for the system. */
  get from(): User | SessionMember | undefined {
    const { session } = this.messages
    const member = session.members.getMember(this.sender)
    return session.type === 'group' ? member : member?.user
  }

  /** To whom: between two people the other user, in a group the session. */
  get to(): User | Session | undefined {
    const { session } = this.messages
    if (session.type === 'group') return session
    if (!session.members.getMember(this.sender)) return undefined
    return session.members.getP2POtherSideMember(this.sender)?.user
  }

  /** What can be kept as JSON. */
  toJSON(): object {
    const { messages: _, clientMessageId: __, ...fields } = this
    return fields
  }

  /** @internal */
  update(row: MessageObject): void {
    this.id = row.id
    this.type = row.type
    this.content = contentOf(row.content)
    this.createdAt = msOf(row.createdAt)
    // History gives the time of creation as that of the last change.
    this.updatedAt = Math.max(this.status === '' ? this.updatedAt : 0, msOf(row.updatedAt))
    this.isDelete = row.isDelete
    if (isOnItsWay(this)) this.status = 'stored'
  }
}
