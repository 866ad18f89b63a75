import type { MessageObject } from '../../../shared/wire/objects.js'
import { DRAFTS, type Draft } from '../send/draft.js'
import { CACHE } from '../store/replica.js'
import type { Write } from '../store/storage.js'
import type { Core } from './core.js'
import { LiveList } from './live-list.js'
import { type Message, messagePrefix, timeKey } from './message.js'

const FIRST_PAGE = 50
/** So many are held in memory, and as many again before the oldest are let go; more for who scrolls up. */
const HELD = 500
/** Above every digit that a key goes on with. */
const END = ':'

/**
 * A session's messages, oldest first, with those that are on their way at the end. Holds the newest ones once it is
 * open; `loadOlder` goes back in time.
 */
export class MessageList extends LiveList<Message> {
  #byKey = new Map<string, Message>()
  #isOpen = false
  #opening: Promise<void> | undefined
  /** Nothing below this key is held in memory, though the storage has more. Empty: all that the storage has is. */
  #low = ''
  #held = HELD
  #serverHasMore = true

  constructor(
    private readonly core: Core,
    private readonly sessionId: string,
  ) {
    super()
  }

  get isOpen(): boolean {
    return this.#isOpen
  }

  /** Whether there are older ones than the first. */
  get hasMore(): boolean {
    return this.#low !== '' || this.#serverHasMore
  }

  /** Undefined when it is not held. */
  get(id: string): Message | undefined {
    return this.items.find((message) => message.id === id)
  }

  /**
   * Shows the newest messages and keeps them up to date until `close`. Resolves when they are here; without a
   * connection, when what this device has is.
   */
  open(): Promise<void> {
    this.#opening ??= this.#open().catch((error) => {
      // The storage could not be read: the next call tries again.
      this.#opening = undefined
      throw error
    })
    return this.#opening
  }

  /** Lets go of what is held in memory. */
  close(): void {
    if (!this.#isOpen) return
    this.core.watch(`messages/${this.sessionId}`, false)
    this.clear()
  }

  /** Goes back in time. Gives how many came; 0 with `hasMore` false when that was all. Throws NudgeError. */
  async loadOlder(count = FIRST_PAGE): Promise<number> {
    await this.open()
    const stored = this.#low === '' ? 0 : await this.#loadStored(count, this.#low)
    if (stored > 0 || this.#low !== '' || !this.hasMore) return stored
    const before = this.#byKey.size
    // What was asked for stays.
    this.#held = Math.max(this.#held, before + count)
    await this.core.loadOlder(this.sessionId, count)
    return this.#grew(before)
  }

  /** Pulls what is new. Throws NudgeError. */
  sync(): Promise<void> {
    return this.core.pull(`messages/${this.sessionId}`)
  }

  /** @internal Takes what concerns this session out of a commit. */
  apply(writes: readonly Write[]): void {
    if (!this.#isOpen) return
    const prefix = messagePrefix(this.sessionId)
    let hasChanged = false
    for (const [key, value] of writes) {
      if (key.startsWith(prefix))
        hasChanged = this.#takeRow(key, value as MessageObject | undefined) || hasChanged
      else if (key.startsWith(DRAFTS))
        hasChanged = this.#takeDraft(key, value as Draft | undefined) || hasChanged
      else if (key === windowKey(this.sessionId)) this.#takeWindow(value as MessageWindow | undefined)
    }
    if (hasChanged) this.#trim()
    if (hasChanged) this.changed()
  }

  /** @internal Reads again what is shown: another tab may have written what it could not tell of. */
  async refresh(): Promise<void> {
    if (!this.#isOpen) return
    const prefix = messagePrefix(this.sessionId)
    const limit = Math.max(FIRST_PAGE, this.#byKey.size)
    const page = await this.core
      .replica()
      .list<MessageObject>({ prefix, before: `${prefix}${END}`, reverse: true, limit })
    for (const [key, row] of page) this.#takeRow(key, row)
    this.changed()
  }

  /** @internal An upload has moved on. */
  touch(): void {
    if (this.#isOpen) this.changed()
  }

  /** @internal */
  clear(): void {
    this.#isOpen = false
    this.#opening = undefined
    this.#byKey.clear()
    this.#low = ''
    this.#held = HELD
    this.#serverHasMore = true
    this.changed()
  }

  protected arrange(): Message[] {
    return [...this.#byKey.entries()]
      .filter(([, message]) => !message.isDeleted)
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([, message]) => message)
  }

  async #open(): Promise<void> {
    this.#isOpen = true
    this.core.watch(`messages/${this.sessionId}`, true)
    // From here on commits are taken, so that none is missed while the storage is read.
    for (const draft of this.core.drafts.of(this.sessionId)) this.#takeDraft(draft.key, draft)
    await this.#loadStored(FIRST_PAGE, END)
    const window = await this.core.replica().get<MessageWindow>(windowKey(this.sessionId))
    if (window) this.#takeWindow(window)
    this.changed()
    // Failures show in the client's state, and the queue tries on.
    await this.core.pull(`messages/${this.sessionId}`).catch(() => {})
    if (this.#stored < FIRST_PAGE && this.hasMore) {
      await this.core.loadOlder(this.sessionId, FIRST_PAGE).catch(() => {})
    }
  }

  get #stored(): number {
    return [...this.#byKey.values()].filter((message) => message.id !== undefined).length
  }

  /** Takes the newest ones below a key out of the storage. */
  async #loadStored(count: number, below: string): Promise<number> {
    const before = this.#byKey.size
    const prefix = messagePrefix(this.sessionId)
    const page = await this.core.replica().list<MessageObject>({
      prefix,
      before: below === END ? `${prefix}${END}` : below,
      limit: count,
      reverse: true,
    })
    // Closed meanwhile, read by somebody else, or the oldest were let go: then this is not what comes next.
    if (!this.#isOpen || (below !== END && this.#low !== below)) return 0
    this.#held = Math.max(this.#held, before + count)
    this.#low = page.length < count ? '' : (page.at(-1)?.[0] ?? '')
    for (const [key, row] of page) this.#takeRow(key, row)
    // What was changed far back while the storage was read: it comes with its neighbours.
    for (const key of this.#byKey.keys()) if (key < this.#low) this.#byKey.delete(key)
    this.changed()
    return this.#grew(before)
  }

  #grew(before: number): number {
    return Math.max(0, this.#byKey.size - before)
  }

  #takeRow(key: string, row: MessageObject | undefined): boolean {
    // Rows that leave the storage go when its window does.
    if (row === undefined || key < this.#low) return false
    const held = this.#byKey.get(key)
    const before = held?.revision
    const message = this.core.messageOf(row)
    this.#byKey.set(key, message)
    return message !== held || message.revision !== before
  }

  #takeDraft(key: string, draft: Draft | undefined): boolean {
    const order = draftOrder(this.sessionId, key)
    if (draft === undefined) return this.#byKey.delete(order)
    const message = this.core.drafts.messageOf(key)
    if (!message || draft.sessionId !== this.sessionId) return false
    this.#byKey.set(order, message)
    return true
  }

  #takeWindow(window: MessageWindow | undefined): void {
    this.#serverHasMore = window?.hasMore ?? true
    this.#letGoBelow(window?.from ?? 0)
    this.changed()
  }

  /** What the storage has let go of is kept up to date no longer: whoever scrolls back reads it from the server. */
  #letGoBelow(from: number): void {
    const low = `${messagePrefix(this.sessionId)}${timeKey(from)}`
    if (low <= this.#low) return
    this.#low = ''
    for (const key of this.#byKey.keys()) if (key < low) this.#byKey.delete(key)
  }

  #trim(): void {
    if (this.#byKey.size < this.#held * 2) return
    const keys = [...this.#byKey.keys()].sort()
    const low = keys[keys.length - this.#held] as string
    for (const key of keys) if (key < low) this.#byKey.delete(key)
    this.#low = low
  }
}

const draftOrder = (sessionId: string, draftKey: string) => `${messagePrefix(sessionId)}~${draftKey}`

/** Which part of a session's messages this device holds: all that were created at `from` or later. */
export interface MessageWindow {
  /** Largest stamp (ms) pulled. */
  cursor: number
  from: number
  /** Whether there are older ones on the server. */
  hasMore: boolean
  /** The user is no longer in the session; what was said up to then has been read. */
  isOver?: boolean
  /** Stamp (ms) of the conversation when this was last pulled: one that is no newer hides nothing new. */
  checked: number
  /** Everything that was created up to this stamp (ms) has been told, though it is above the cursor. */
  told?: number
  /** So many messages have come since the storage was last looked through for too many. */
  unpruned?: number
}

export const windowKey = (sessionId: string) => `${CACHE}window/${sessionId}`
