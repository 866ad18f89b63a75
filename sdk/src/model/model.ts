import type { MessageObject, UserConversationObject, UserObject } from '../../../shared/wire/objects.js'
import type { SessionType } from '../../../shared/wire/session-types.js'
import type { ClientEvents } from '../client-events.js'
import { NudgeError } from '../errors.js'
import { Emitter } from '../events.js'
import { type AnyMessageType, MessageTypes } from '../extend/message-type.js'
import type { AnySyncType, CustomRow, SyncType } from '../extend/sync-type.js'
import { guid } from '../guid.js'
import type { Rest } from '../http/rest.js'
import { type Draft, nextDraftKey } from '../send/draft.js'
import { Outbox } from '../send/outbox.js'
import { CACHE, type News, type Replica } from '../store/replica.js'
import type { Write } from '../store/storage.js'
import { Contacts } from './contacts.js'
import { Conversation, compareConversations } from './conversation.js'
import type { Core } from './core.js'
import { CustomList, customName } from './custom-list.js'
import { Emojis } from './emojis.js'
import type { Entity, Row } from './entity.js'
import { Favourites } from './favourites.js'
import { Me } from './me.js'
import type { Member } from './member.js'
import { Message } from './message.js'
import { MessageRegistry } from './message-registry.js'
import type { Session } from './session.js'
import { Sessions } from './sessions.js'
import { SyncedList } from './synced-list.js'

/** What the model needs of who is logged in. */
export interface Backend {
  userId: string
  replica: Replica
  pull(key: string): Promise<void>
  loadOlder(sessionId: string, count: number): Promise<number>
  notify(type: SessionType, sessionId: string, message: Record<string, unknown>): Promise<void>
  cancel(key: string): Promise<boolean>
  resend(key: string): Promise<void>
  watch(key: string, isWatched: boolean): void
  /** Keys that are watched in any tab. */
  watched(): Iterable<string>
}

const NEW_MESSAGE = `${CACHE}message/`

/** All lists and objects of the client, and the way changes take into them. */
export class Model implements Core {
  readonly events = new Emitter<ClientEvents>()
  readonly messageTypes: MessageTypes
  readonly outbox: Outbox
  readonly profile: SyncedList<UserObject, Me>
  readonly conversations: SyncedList<UserConversationObject, Conversation>
  readonly sessions: Sessions
  readonly contacts: Contacts
  readonly favourites: Favourites
  readonly emojis: Emojis
  #backend: Backend | undefined
  #bySession = new Map<string, Conversation>()
  #custom = new Map<string, CustomList<CustomRow>>()
  #messages = new MessageRegistry()

  constructor(
    readonly rest: Rest,
    messageTypes: readonly AnyMessageType[],
    private readonly syncTypes: readonly AnySyncType[],
  ) {
    this.messageTypes = new MessageTypes(messageTypes)
    this.outbox = new Outbox(this)
    this.profile = new SyncedList<UserObject, Me>({
      name: 'me',
      make: (row) => new Me(this, row),
      compare: () => 0,
      onChange: (me) => this.events.emit('me', me),
    })
    this.conversations = new SyncedList<UserConversationObject, Conversation>({
      name: 'conversations',
      make: (row) => {
        const conversation = new Conversation(this, row)
        this.#bySession.set(row.sessionId, conversation)
        return conversation
      },
      compare: compareConversations,
      onChange: (conversation) => this.events.emit('conversation', conversation),
    })
    this.sessions = new Sessions(this)
    this.contacts = new Contacts(this)
    this.favourites = new Favourites(this)
    this.emojis = new Emojis(this)
    for (const type of syncTypes) if (type.scope === 'user') this.customList(type, undefined)
  }

  // --- who is logged in

  /** Shows what this device has of the account, and takes what is committed from now on. */
  async attach(backend: Backend): Promise<void> {
    this.#backend = backend
    backend.replica.onCommit((writes, news) => this.#apply(writes, news))
    await this.restore()
  }

  /** Reads the storage once more: another tab may have written what it could not tell of. */
  async restore(): Promise<void> {
    const replica = this.replica()
    await this.outbox.load()
    await Promise.all([
      ...this.#lists.map((list) => list.restore(replica)),
      ...[...this.sessions.all].map((session) => session.messages.refresh()),
    ])
  }

  detach(): void {
    this.#backend = undefined
    this.outbox.clear()
    for (const session of this.sessions.all) {
      session.messages.clear()
      session.members.clear()
    }
    for (const list of this.#lists) list.clear()
    this.#bySession.clear()
    this.#messages.clear()
  }

  userId(): string {
    return this.#account.userId
  }

  isMe(userId: string): boolean {
    return this.#backend?.userId === userId
  }

  replica(): Replica {
    return this.#account.replica
  }

  // --- what objects of the model ask for

  readonly drafts: Core['drafts'] = {
    of: (sessionId) => this.outbox.of(sessionId),
    messageOf: (key) => this.outbox.messageOf(key),
    whenDone: (key) => this.outbox.whenDone(key),
    cancel: async (key) => this.#account.cancel(key),
    resend: async (key) => this.#account.resend(key),
  }

  send(sessionId: string, what: Pick<Draft, 'type' | 'content' | 'upload'>): Message {
    const { userId, replica } = this.#account
    const draft: Draft = {
      key: nextDraftKey(),
      sessionId,
      senderId: userId,
      clientMessageId: guid(),
      createdAt: Date.now(),
      status: 'storing',
      ...what,
    }
    // Shown at once, and sent by whichever tab leads once it is kept.
    void replica.commit([[draft.key, draft]])
    return this.outbox.messageOf(draft.key) as Message
  }

  async pull(key: string): Promise<void> {
    await this.#account.pull(key)
  }

  async refresh(...keys: string[]): Promise<void> {
    const ignorePassing = (error: unknown) => {
      if (!(error instanceof NudgeError && error.isPassing)) throw error
    }
    await Promise.all(keys.map((key) => this.pull(key).catch(ignorePassing)))
  }

  async loadOlder(sessionId: string, count: number): Promise<number> {
    return this.#account.loadOlder(sessionId, count)
  }

  async notify(type: SessionType, sessionId: string, message: Record<string, unknown>): Promise<void> {
    await this.#account.notify(type, sessionId, message)
  }

  watch(key: string, isWatched: boolean): void {
    this.#backend?.watch(key, isWatched)
  }

  messageOf(row: MessageObject): Message {
    const held = this.#messages.find(row.id)
    const message = held ?? new Message(this, { row })
    if (held) held.take({ row })
    else this.#messages.add(message)
    return message
  }

  adopt(message: Message): void {
    this.#messages.add(message)
  }

  get watched(): ReadonlySet<string> {
    return new Set(this.#backend?.watched() ?? [])
  }

  session(sessionId: string): Session | undefined {
    return this.sessions.get(sessionId)
  }

  conversationOf(sessionId: string): Conversation | undefined {
    return this.#bySession.get(sessionId)
  }

  p2pSession(userId: string): Session | undefined {
    for (const conversation of this.conversations.all) {
      if (conversation.type === 'p2p' && conversation.targetId === userId) return conversation.session
    }
    return undefined
  }

  memberChanged(session: Session, member: Member, isNew: boolean): void {
    this.events.emit('member', { session, member, isNew })
  }

  // --- sync types of the app's own

  customList<R extends CustomRow>(type: SyncType<R>, sessionId: string | undefined): CustomList<R> {
    if (!this.syncTypes.includes(type)) {
      throw new Error(`the sync type ${type.type} was not given to createClient`)
    }
    const name = customName(type.type, sessionId)
    const known = this.#custom.get(name)
    if (known) return known as unknown as CustomList<R>
    const list = new CustomList<R>(this, type, sessionId)
    this.#custom.set(name, list as unknown as CustomList<CustomRow>)
    return list
  }

  /** Also one that only another tab looks at. */
  custom(name: string): CustomList<CustomRow> | undefined {
    const [, type, sessionId] = name.split('/')
    const known = this.syncTypes.find((each) => each.type === type)
    return known && this.customList<CustomRow>(known, sessionId)
  }

  /** Those of the user: they are kept whether somebody looks or not. */
  get customKeys(): string[] {
    return this.syncTypes
      .filter(({ scope }) => scope === 'user')
      .map(({ type }) => customName(type, undefined))
  }

  /** Of a sync of a type of the app's own; undefined when nobody here keeps it. */
  customKey(type: string, sessionId: string | undefined): string | undefined {
    const known = this.syncTypes.find((each) => each.type === type)
    if (!known) return undefined
    if (known.scope === 'user') return customName(type, undefined)
    const name = customName(type, sessionId)
    return this.watched.has(name) ? name : undefined
  }

  listOf(name: string): SyncedList<Row, Entity<Row>> | undefined {
    if (name.startsWith('members/')) return this.sessions.get(name.slice('members/'.length))?.members
    return this.#lists.find((list) => list.name === name)
  }

  /** An upload has moved on. */
  progressed({ key, sessionId }: Draft, part: number): void {
    const message = this.outbox.messageOf(key)
    if (!message) return
    message.progress = part
    this.sessions.get(sessionId)?.messages.touch()
    this.events.emit('messageChanged', message)
  }

  // --- changes

  #apply(writes: readonly Write[], news: News): void {
    // The outbox first: the lists take the messages that were on their way from it.
    const sent = this.outbox.apply(writes)
    for (const list of this.#lists) list.apply(writes)
    for (const session of this.sessions.all) {
      session.messages.apply(writes)
      if (session.members.isHeld) session.members.apply(writes)
    }
    for (const { message, isNew } of sent) this.events.emit(isNew ? 'message' : 'messageChanged', message)
    const told = new Set(sent.map(({ message }) => message.id))
    this.#tellOfMessages(writes, news, told)
  }

  #tellOfMessages(
    writes: readonly Write[],
    { freshMessages, isHistory }: News,
    told: ReadonlySet<string | undefined>,
  ): void {
    if (isHistory) return
    const fresh = new Set(freshMessages)
    for (const [key, value] of writes) {
      if (!key.startsWith(NEW_MESSAGE) || value === undefined) continue
      const row = value as MessageObject
      if (!told.has(row.id))
        this.events.emit(fresh.has(key) ? 'message' : 'messageChanged', this.messageOf(row))
    }
  }

  get #lists(): SyncedList<Row, Entity<Row>>[] {
    const { profile, conversations, sessions, contacts, favourites, emojis } = this
    const lists = [profile, conversations, sessions, contacts, favourites, emojis, ...this.#custom.values()]
    return lists as unknown as SyncedList<Row, Entity<Row>>[]
  }

  get #account(): Backend {
    if (!this.#backend) throw new NudgeError('NotLoggedIn', 'nobody is logged in')
    return this.#backend
  }
}
