import type { NotificationFrame } from '../../../shared/wire/frames.js'
import type { MessageObject, UserConversationObject, UserObject } from '../../../shared/wire/objects.js'
import type { SessionEntryObject } from '../../../shared/wire/sessions.js'
import { type Sync, SyncType } from '../../../shared/wire/sync-types.js'
import type { NudgeError } from '../errors.js'
import type { Rest } from '../http/rest.js'
import { stampOf } from '../model/entity.js'
import type { Model } from '../model/model.js'
import { CACHE, type Replica } from '../store/replica.js'
import type { Write } from '../store/storage.js'
import type { BackOffOptions } from './back-off.js'
import { Locks } from './locks.js'
import { MessageSync } from './message-sync.js'
import { pullList } from './pull-list.js'
import { SyncQueue } from './queue.js'

export interface EngineOptions {
  rest: Rest
  replica: Replica
  model: Model
  userId: string
  messagesPerSession: number
  backOff: BackOffOptions
  onRefused(key: string, error: NudgeError): void
  onHeld(sync: Sync, stamp: number): void
}

const CONCURRENCY = 4
const FIRST = `${CACHE}first/`

/**
 * Knows what can be pulled, and when it has to be. Keys name what is pulled: `conversations`, `contacts`, `favourites`,
 * `sessions`, `me`, `emojis`, `messages/<session>`, `members/<session>`, `custom/<type>`, `custom/<type>/<session>`.
 */
export class Engine {
  readonly queue: SyncQueue
  readonly messages: MessageSync
  #locks = new Locks()
  /** By key: a pull has looked at everything up to this stamp, though it may have found nothing so new. */
  #looked = new Map<string, number>()
  /** By key: the newest stamp that was announced and not yet looked for. */
  #announced = new Map<string, number>()
  /** Lists that have begun to come for the first time, and are not here as a whole. */
  #unfinished = new Set<string>()
  /** By session: how new it was when its members were pulled. */
  #membersOf = new Map<string, number>()

  constructor(private readonly options: EngineOptions) {
    const { model, rest, replica, userId, messagesPerSession, backOff } = options
    this.queue = new SyncQueue({
      run: (key) => this.#run(key),
      onRefused: (key, error) => options.onRefused(key, error as NudgeError),
      concurrency: CONCURRENCY,
      backOff,
    })
    this.messages = new MessageSync({
      rest,
      replica,
      userId,
      messagesPerSession,
      baseline: (sessionId) => this.#baseline(sessionId),
      shownAt: (sessionId) => model.conversationOf(sessionId)?.updatedAt ?? 0,
      draft: (sessionId, clientMessageId) => model.outbox.byClientId(sessionId, clientMessageId),
      isWatched: (sessionId) => model.watched.has(`messages/${sessionId}`),
      onPulled: (sessionId, updatedAt) => this.#afterMessages(sessionId, updatedAt),
      onOver: () => this.#want('sessions'),
    })
  }

  async restore(): Promise<void> {
    await this.messages.restore()
    for (const [key] of await this.options.replica.list({ prefix: FIRST })) {
      this.#unfinished.add(key.slice(FIRST.length))
    }
  }

  /** Everything that may have changed while nobody told us. Resolves when it is here. */
  async catchUp(): Promise<void> {
    const { model } = this.options
    const keys = ['conversations', 'sessions', 'contacts', 'favourites', 'me', 'emojis', ...model.customKeys]
    await Promise.all(keys.map((key) => this.queue.want(key)))
    await Promise.all(this.#behind().map((key) => this.queue.want(key)))
  }

  /** A notification of push. What is held already is not asked for. */
  onNotification({ message, stamp }: NotificationFrame): void {
    for (const sync of message.syncs ?? []) {
      const key = this.#keyOf(sync)
      // What is stored is announced by the API, with its stamp. Members' own words about it could keep us busy.
      if (key === undefined || (stamp === undefined && !key.startsWith('custom/'))) continue
      if (stamp !== undefined && this.#held(key) >= stamp) {
        this.options.onHeld(sync, stamp)
        continue
      }
      if (stamp !== undefined) this.#announced.set(key, Math.max(this.#announced.get(key) ?? 0, stamp))
      this.#want(key)
    }
  }

  async #run(key: string): Promise<void> {
    const announced = this.#announced.get(key)
    try {
      await this.#locks.hold(key, () => this.#pull(key))
      if (announced !== undefined) this.#looked.set(key, Math.max(this.#looked.get(key) ?? 0, announced))
    } finally {
      if (this.#announced.get(key) === announced) this.#announced.delete(key)
    }
  }

  async #pull(key: string): Promise<void> {
    const { model, rest, replica, userId } = this.options
    const own = `users/${userId}`
    const [kind, ...more] = key.split('/')
    switch (kind) {
      case 'conversations':
        return this.#pullConversations()
      case 'sessions':
        return this.#pullSessions()
      case 'contacts':
        return pullList(rest, replica, model.contacts, `${own}/contacts`)
      case 'favourites':
        return pullList(rest, replica, model.favourites, `${own}/userSessions`)
      case 'emojis':
        return pullList(rest, replica, model.emojis, 'emojis')
      case 'me':
        return this.#pullMe()
      case 'messages':
        return this.#pullMessages(more[0] as string)
      case 'members':
        return this.#pullMembers(more[0] as string)
      default: {
        const list = model.custom(key)
        if (list) await pullList(rest, replica, list, list.path)
      }
    }
  }

  /** Whoever is told of a message finds its session there. */
  async #pullMessages(sessionId: string): Promise<void> {
    const { model } = this.options
    if (!model.sessions.get(sessionId)) {
      await this.#locks.hold('sessions', () => this.#pullSessions())
    }
    await this.messages.pull(sessionId)
  }

  /** With every conversation that is new here it becomes settled from when on its messages are news. */
  #pullConversations(): Promise<void> {
    const { model, rest, replica, userId } = this.options
    const path = `users/${userId}/userConversations`
    const list = model.conversations
    return pullList<UserConversationObject>(rest, replica, list, path, (rows, cursorBefore, isLast) => {
      // In the first list everything is old; what joins the list later is new as a whole.
      const isFirst = this.#isFirst(list.name, cursorBefore)
      const windows = rows.flatMap((row): Write[] => {
        // Taken off the list by its user, or dissolved, which is announced no other way.
        if (row.isDelete) this.#want('sessions')
        if (!isFirst && this.#isMissed(row)) this.#want(`messages/${row.sessionId}`)
        return this.messages.begin(row.sessionId, isFirst ? stampOf(row) : (cursorBefore as number))
      })
      return [...windows, ...this.#progress(list.name, isFirst, isLast)]
    })
  }

  /** Whether what follows the cursor is part of the first list, which may have many pages. */
  #isFirst(name: string, cursor: number | undefined): boolean {
    return cursor === undefined || this.#unfinished.has(name)
  }

  /** Remembers, over reloads, whether the first list is here as a whole. */
  #progress(name: string, isFirst: boolean, isLast: boolean): Write[] {
    if (!isFirst) return []
    if (isLast) this.#unfinished.delete(name)
    else this.#unfinished.add(name)
    return [[`${FIRST}${name}`, isLast ? undefined : true]]
  }

  /** A session with oneself is in no list of conversations: only this says from when on its messages are news. */
  #pullSessions(): Promise<void> {
    const { model, rest, replica } = this.options
    const list = model.sessions
    return pullList<SessionEntryObject>(rest, replica, list, 'sessions', (rows, cursorBefore, isLast) => {
      const isFirst = this.#isFirst(list.name, cursorBefore)
      const windows = rows.flatMap(({ id, type, createdAt }): Write[] => {
        const isNew = !isFirst && Date.parse(createdAt) > (cursorBefore as number)
        return isNew && type !== 'group' ? this.messages.begin(id, cursorBefore as number) : []
      })
      return [...windows, ...this.#progress(list.name, isFirst, isLast)]
    })
  }

  /** Its last message is one that this device has not pulled: the notification of it was lost. */
  #isMissed({ sessionId, lastMessage }: UserConversationObject): boolean {
    if (!lastMessage) return false
    const pulled = this.messages.window(sessionId)?.cursor ?? 0
    const underWay = this.#announced.get(`messages/${sessionId}`) ?? 0
    return Date.parse(lastMessage.createdAt) > Math.max(pulled, underWay)
  }

  async #pullMe(): Promise<void> {
    const { model, rest, replica, userId } = this.options
    const cursor = model.profile.cursor ?? 0
    const row = await rest.ask<UserObject | null>({ path: `users/${userId}`, cursor })
    if (row) await replica.commit(model.profile.writesOf([row]))
  }

  async #pullMembers(sessionId: string): Promise<void> {
    const { model, rest, replica } = this.options
    const list = model.sessions.get(sessionId)?.members
    if (list) await pullList(rest, replica, list, `sessions/${sessionId}/members`)
  }

  #afterMessages(sessionId: string, updatedAt: number): void {
    const session = this.options.model.sessions.get(sessionId)
    if (!session || updatedAt > session.updatedAt) this.#want('sessions')
    if (!this.options.model.watched.has(`members/${sessionId}`)) return
    const isNewer = updatedAt > (this.#membersOf.get(sessionId) ?? 0)
    this.#membersOf.set(sessionId, updatedAt)
    if (isNewer) this.#want(`members/${sessionId}`)
  }

  /** Sessions whose messages may have changed since they were pulled, and whatever is being looked at. */
  #behind(): string[] {
    const { model } = this.options
    const keys = new Set<string>()
    for (const conversation of model.conversations.all) {
      const { sessionId, updatedAt } = conversation
      if ((this.messages.window(sessionId)?.checked ?? 0) < updatedAt) keys.add(`messages/${sessionId}`)
    }
    // No conversation tells whether there is something new in a session with oneself.
    for (const { id } of model.sessions.items) if (!model.conversationOf(id)) keys.add(`messages/${id}`)
    for (const key of model.watched) keys.add(key)
    return [...keys]
  }

  /** For a session that nothing is held of, and whose conversation has not come yet. */
  async #baseline(sessionId: string): Promise<number> {
    const { model, rest } = this.options
    const { conversations, sessions } = model
    const before = conversations.cursor
    const isFirst = this.#isFirst(conversations.name, before)
    // With its conversation comes where to begin.
    await this.#locks.hold('conversations', () => this.#pullConversations())
    const begun = this.messages.window(sessionId)
    if (begun) return begun.cursor
    const type = sessions.get(sessionId)?.type
    if (type !== undefined && type !== 'group') {
      // With oneself: that is in no list of conversations, and was there before this device. All of it is old.
      const path = `sessions/${sessionId}/messages/history`
      const [newest] = await rest.ask<MessageObject[]>({ path, query: { limit: 1, unread: 'keep' } })
      if (newest) return Date.parse(newest.createdAt)
    }
    return (isFirst ? conversations.cursor : before) ?? 0
  }

  #held(key: string): number {
    const looked = this.#looked.get(key) ?? 0
    if (!key.startsWith('messages/')) return Math.max(looked, this.options.model.listOf(key)?.cursor ?? 0)
    return Math.max(looked, this.messages.window(key.slice('messages/'.length))?.cursor ?? 0)
  }

  #keyOf({ type, sessionId }: Sync): string | undefined {
    const id = /^[a-zA-Z0-9]+_(\d{1,18})$/.exec(sessionId ?? '')?.[1]
    switch (type) {
      case SyncType.userConversations:
        return 'conversations'
      case SyncType.messages:
        return id && `messages/${id}`
      case SyncType.contacts:
        return 'contacts'
      case SyncType.userSessions:
        return 'favourites'
      case SyncType.user:
        return 'me'
      case SyncType.members:
        return this.options.model.watched.has(`members/${id}`) ? `members/${id}` : undefined
      default:
        return this.options.model.customKey(String(type), id)
    }
  }

  #want(key: string): void {
    // Rejects only when the client is stopped.
    this.queue.want(key).catch(() => {})
  }
}
