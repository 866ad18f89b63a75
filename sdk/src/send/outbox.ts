import type { MessageObject } from '../../../shared/wire/objects.js'
import { NudgeError } from '../errors.js'
import type { Core } from '../model/core.js'
import { Message, messagePrefix } from '../model/message.js'
import type { Write } from '../store/storage.js'
import { DRAFTS, type Draft, goOnAfter } from './draft.js'

interface Waiter {
  resolve(): void
  reject(error: unknown): void
}

interface Entry {
  draft: Draft
  message: Message
  waiters: Waiter[]
}

/** What a commit did to messages that are on their way. */
export interface OutboxChange {
  message: Message
  /** Has just been sent from some tab of this browser. */
  isNew: boolean
}

/** The messages on their way, in every tab. One tab sends them (sender.ts). */
export class Outbox {
  #entries = new Map<string, Entry>()

  constructor(private readonly core: Core) {}

  async load(): Promise<void> {
    const drafts = await this.core.replica().list<Draft>({ prefix: DRAFTS })
    // What is known already may hold more than the storage can: the file.
    for (const [key, draft] of drafts) if (!this.#entries.has(key)) this.#put(draft)
  }

  /** Called before the lists, which find the messages here. */
  apply(writes: readonly Write[]): OutboxChange[] {
    const changes: OutboxChange[] = []
    for (const [key, value] of writes) {
      if (!key.startsWith(DRAFTS)) continue
      const entry = this.#entries.get(key)
      if (value !== undefined) {
        changes.push({ message: this.#put(value as Draft), isNew: entry === undefined })
      } else if (entry) {
        this.#entries.delete(key)
        const row = rowOf(entry.draft, writes)
        if (row) {
          entry.message.take({ row })
          this.core.adopt(entry.message)
        }
        for (const { resolve, reject } of entry.waiters) row ? resolve() : reject(cancelled())
        changes.push({ message: entry.message, isNew: false })
      }
    }
    return changes
  }

  /** In the order of sending. */
  of(sessionId: string): Draft[] {
    return [...this.#entries.values()]
      .map(({ draft }) => draft)
      .filter((draft) => draft.sessionId === sessionId)
      .sort((a, b) => (a.key < b.key ? -1 : 1))
  }

  /** Of all sessions, in the order of sending. */
  get messages(): Message[] {
    const entries = [...this.#entries.values()]
    return entries.sort((a, b) => (a.draft.key < b.draft.key ? -1 : 1)).map(({ message }) => message)
  }

  /** Sessions with something on its way. */
  get sessionIds(): string[] {
    return [...new Set([...this.#entries.values()].map(({ draft }) => draft.sessionId))]
  }

  get(key: string): Draft | undefined {
    return this.#entries.get(key)?.draft
  }

  messageOf(key: string): Message | undefined {
    return this.#entries.get(key)?.message
  }

  /** The draft of a message that has been stored meanwhile. */
  byClientId(sessionId: string, clientMessageId: string): Draft | undefined {
    for (const { draft } of this.#entries.values()) {
      if (draft.sessionId === sessionId && draft.clientMessageId === clientMessageId) return draft
    }
    return undefined
  }

  whenDone(key: string): Promise<void> {
    const entry = this.#entries.get(key)
    // What is stored has a row instead of a draft.
    if (!entry) return Promise.reject(cancelled())
    const { status, error } = entry.draft
    if (status === 'storefailed') return Promise.reject(failureOf(error))
    return new Promise((resolve, reject) => {
      entry.waiters.push({ resolve, reject })
    })
  }

  clear(): void {
    for (const { waiters } of this.#entries.values()) for (const { reject } of waiters) reject(cancelled())
    this.#entries.clear()
  }

  #put(draft: Draft): Message {
    const entry = this.#entries.get(draft.key)
    if (!entry) {
      goOnAfter(draft.key)
      const message = new Message(this.core, { draft })
      this.#entries.set(draft.key, { draft, message, waiters: [] })
      return message
    }
    entry.draft = draft
    entry.message.take({ draft })
    if (draft.status === 'storefailed') {
      for (const { reject } of entry.waiters) reject(failureOf(draft.error))
      entry.waiters = []
    }
    return entry.message
  }
}

/** Whoever takes a draft away because it is stored commits its row in the same go. */
function rowOf(draft: Draft, writes: readonly Write[]): MessageObject | undefined {
  const prefix = messagePrefix(draft.sessionId)
  for (const [key, value] of writes) {
    if (!key.startsWith(prefix)) continue
    const row = value as MessageObject | undefined
    if (row?.clientMessageId === draft.clientMessageId && row.sender === draft.senderId) return row
  }
  return undefined
}

const cancelled = () => new NudgeError('Cancelled', 'the message was taken back')

function failureOf(error: Draft['error']): NudgeError {
  return new NudgeError(error?.code ?? 'Internal', error?.message ?? 'the message could not be stored')
}
