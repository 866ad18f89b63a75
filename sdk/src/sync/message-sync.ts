import type { HistoryMessageObject, MessageListObject, MessageObject } from '../../../shared/wire/objects.js'
import { NudgeError } from '../errors.js'
import type { Rest } from '../http/rest.js'
import { newestOf } from '../model/entity.js'
import { messageKey, messagePrefix, timeKey } from '../model/message.js'
import { type MessageWindow, windowKey } from '../model/message-list.js'
import type { Draft } from '../send/draft.js'
import type { Replica } from '../store/replica.js'
import type { Write } from '../store/storage.js'
import { Locks } from './locks.js'

const PAGE = 500
/** Longer pages of history may end early; one that is shorter than this is the last. (docs/api.md) */
const HISTORY_PAGE = 100

/** So many times as much is kept of a session while somebody looks at it, who may have scrolled back. */
const WATCHED = 4

export interface MessageSyncOptions {
  rest: Rest
  replica: Replica
  userId: string
  /** So many of a session's messages are kept in the storage. */
  messagesPerSession: number
  /** Where pulling begins in a session that this device holds nothing of. */
  baseline(sessionId: string): Promise<number>
  /** Stamp (ms) of the session's conversation as it is shown now; 0 when there is none. */
  shownAt(sessionId: string): number
  /** What was sent under this client id from this device, and is not known to be stored yet. */
  draft(sessionId: string, clientMessageId: string): Draft | undefined
  isWatched(sessionId: string): boolean
  /** After each page: how new the session is. */
  onPulled(sessionId: string, sessionUpdatedAt: number): void
  /** The user is no longer in the session, or it is no more. */
  onOver(sessionId: string): void
}

/**
 * Keeps the messages of sessions in step. Of each session a device holds everything that was created since `from`, as
 * of the stamp `cursor`; older messages are fetched when somebody scrolls up. What is done to one session is done one
 * after the other, so that no older answer overwrites a newer one.
 */
export class MessageSync {
  #windows = new Map<string, MessageWindow>()
  #locks = new Locks()

  constructor(private readonly options: MessageSyncOptions) {}

  /** Reads which parts are held. */
  async restore(): Promise<void> {
    const prefix = windowKey('')
    for (const [key, window] of await this.options.replica.list<MessageWindow>({ prefix })) {
      this.#windows.set(key.slice(prefix.length), window)
    }
  }

  window(sessionId: string): MessageWindow | undefined {
    return this.#windows.get(sessionId)
  }

  /** For a session nothing is held of: everything after `cursor` is to come. */
  begin(sessionId: string, cursor: number): Write[] {
    if (this.#windows.has(sessionId)) return []
    return this.#windowWrite(sessionId, { cursor, from: cursor + 1, hasMore: true, checked: cursor })
  }

  /** Makes sure that something is held, if only nothing so far. */
  async prepare(sessionId: string): Promise<MessageWindow> {
    if (!this.#windows.has(sessionId)) {
      const cursor = await this.options.baseline(sessionId)
      await this.options.replica.commit(this.begin(sessionId, cursor))
    }
    return this.#windows.get(sessionId) as MessageWindow
  }

  pull(sessionId: string): Promise<void> {
    return this.#locks.hold(sessionId, async () => {
      await this.prepare(sessionId)
      try {
        while (await this.#pullPage(sessionId));
      } catch (error) {
        if (!isOver(error)) throw error
        await this.#readToTheEnd(sessionId)
        this.options.onOver(sessionId)
      }
      await this.#prune(sessionId)
    })
  }

  /** Reads so many messages from before those that are held. Gives how many there were. */
  loadOlder(sessionId: string, count: number): Promise<number> {
    return this.#locks.hold(sessionId, async () => {
      const window = await this.prepare(sessionId)
      if (!window.hasMore) return 0
      const limit = Math.min(count, HISTORY_PAGE)
      const rows = await this.#history(sessionId, window.from, limit)
      const from = oldest(rows, window.from)
      const hasMore = rows.length >= limit
      // With nothing older left, whatever turns up belongs here.
      const unpruned = (window.unpruned ?? 0) + rows.length
      const next = { ...window, from: hasMore ? from : 0, hasMore, unpruned }
      const writes = [...rows.map(rowWrite), ...this.#windowWrite(sessionId, next)]
      await this.options.replica.commit(writes, { isHistory: true })
      return rows.length
    })
  }

  /** The server has answered a send. */
  async stored(draft: Draft, row: MessageObject): Promise<void> {
    // The delta may have brought it already.
    if (!this.options.draft(draft.sessionId, draft.clientMessageId)) return
    await this.options.replica.commit([rowWrite(row), [draft.key, undefined]])
  }

  /** True when there is more. */
  async #pullPage(sessionId: string): Promise<boolean> {
    const { rest, replica } = this.options
    const window = this.#windows.get(sessionId) as MessageWindow
    const shownAt = this.options.shownAt(sessionId)
    const { entries, total_count, sessionUpdatedAt } = await rest.ask<MessageListObject>({
      path: `sessions/${sessionId}/messages`,
      // Reading in the background is not reading.
      query: { limit: PAGE, unread: 'keep' },
      cursor: window.cursor,
    })
    const cursor = newestOf(entries, window.cursor)
    const isLast = entries.length === 0 || entries.length >= total_count
    const checked = isLast ? Math.max(window.checked, shownAt, cursor) : window.checked
    // What was created before is shown when somebody scrolls there, as it is then.
    const rows = entries.filter((row) => Date.parse(row.createdAt) >= window.from)
    const freshMessages = await this.#fresh(rows, window)
    const hasMoved = cursor !== window.cursor || checked !== window.checked || window.isOver
    const { isOver: _, ...before } = window
    const unpruned = (window.unpruned ?? 0) + rows.length
    await replica.commit(
      [
        ...rows.map(rowWrite),
        ...this.#done(rows),
        ...(hasMoved ? this.#windowWrite(sessionId, { ...before, cursor, checked, unpruned }) : []),
      ],
      { freshMessages },
    )
    this.options.onPulled(sessionId, Date.parse(sessionUpdatedAt))
    return !isLast
  }

  /** Of these rows, the keys of those that nobody here has been told of: neither a delta nor our own sending did. */
  async #fresh(rows: readonly MessageObject[], { cursor, told = 0 }: MessageWindow): Promise<string[]> {
    const fresh: string[] = []
    for (const row of rows) {
      // What was deleted before it came here is nothing that anybody could show.
      if (Date.parse(row.createdAt) <= cursor || row.isDelete) continue
      // Besides deltas, our own sends and the reading of the end bring messages.
      const mayBeKnown = Date.parse(row.createdAt) <= told || row.sender === this.options.userId
      if (!mayBeKnown || !(await this.#isKnown(row))) fresh.push(messageKey(row))
    }
    return fresh
  }

  async #isKnown(row: MessageObject): Promise<boolean> {
    if (this.#draftOf(row)) return true
    return (await this.options.replica.get(messageKey(row))) !== undefined
  }

  /** What was on its way and is among these rows has arrived. After the rows: they take the draft's place. */
  #done(rows: readonly MessageObject[]): Write[] {
    return rows.flatMap((row): Write[] => {
      const draft = this.#draftOf(row)
      return draft ? [[draft.key, undefined]] : []
    })
  }

  /** What became this row, as long as this device does not know. */
  #draftOf({ sender, sessionId, clientMessageId }: MessageObject): Draft | undefined {
    if (sender !== this.options.userId || clientMessageId === undefined) return undefined
    return this.options.draft(sessionId, clientMessageId)
  }

  /**
   * The delta is for members only. Who was removed may still read what was said before: so what is held is replaced by
   * that, once.
   */
  async #readToTheEnd(sessionId: string): Promise<void> {
    const window = this.#windows.get(sessionId) as MessageWindow
    if (window.isOver) return
    const rows: MessageObject[] = []
    for (let before = Date.parse('9999-12-31'); ; ) {
      const page = await this.#history(sessionId, before, HISTORY_PAGE).catch((error) => {
        if (isOver(error)) return []
        throw error
      })
      rows.push(...page.filter((row) => Date.parse(row.createdAt) >= window.from))
      before = oldest(page, before)
      if (page.length < HISTORY_PAGE || before < window.from) break
    }
    const freshMessages = await this.#fresh(rows, { ...window, told: Number.POSITIVE_INFINITY })
    const told = rows.reduce((at, row) => Math.max(at, Date.parse(row.createdAt)), window.told ?? 0)
    await this.options.replica.commit(
      [
        ...rows.map(rowWrite),
        ...this.#done(rows),
        ...this.#windowWrite(sessionId, {
          ...window,
          isOver: true,
          told,
          checked: this.options.shownAt(sessionId),
        }),
      ],
      { freshMessages },
    )
  }

  async #history(sessionId: string, before: number, count: number): Promise<MessageObject[]> {
    const rows = await this.options.rest.ask<HistoryMessageObject[]>({
      path: `sessions/${sessionId}/messages/history`,
      query: { limit: count, unread: 'keep' },
      cursor: before,
    })
    // Held as the delta would have brought them.
    return rows.map(({ changedAt, ...row }) => ({ ...row, updatedAt: changedAt ?? row.updatedAt }))
  }

  /** Lets go of the oldest when there are too many, whole stamps at a time. */
  async #prune(sessionId: string): Promise<void> {
    const { replica, messagesPerSession, isWatched } = this.options
    const window = this.#windows.get(sessionId) as MessageWindow
    const most = isWatched(sessionId) ? messagesPerSession * WATCHED : messagesPerSession
    // Counted over reloads: a page may never live to see so many.
    if ((window.unpruned ?? 0) < most / 4) return
    const prefix = messagePrefix(sessionId)
    const newest = await replica.list<MessageObject>({ prefix, reverse: true, limit: most + 1 })
    if (newest.length <= most) {
      await replica.commit(this.#windowWrite(sessionId, { ...window, unpruned: 0 }))
      return
    }
    const last = newest[most - 1]?.[1] as MessageObject
    const from = Date.parse(last.createdAt)
    const old = await replica.list({ prefix, before: `${prefix}${timeKey(from)}` })
    await replica.commit([
      ...old.map(([key]): Write => [key, undefined]),
      ...this.#windowWrite(sessionId, { ...window, from, hasMore: true, unpruned: 0 }),
    ])
  }

  #windowWrite(sessionId: string, window: MessageWindow): Write[] {
    this.#windows.set(sessionId, window)
    return [[windowKey(sessionId), window]]
  }
}

const rowWrite = (row: MessageObject): Write => [messageKey(row), row]

function oldest(rows: readonly MessageObject[], otherwise: number): number {
  return rows.reduce((at, row) => Math.min(at, Date.parse(row.createdAt)), otherwise)
}

function isOver(error: unknown): boolean {
  return error instanceof NudgeError && (error.code === 'NotAllowed' || error.code === 'NotFound')
}
