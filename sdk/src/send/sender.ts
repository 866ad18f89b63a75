import type { MessageObject } from '../../../shared/wire/objects.js'
import { NudgeError } from '../errors.js'
import type { Files } from '../http/files.js'
import type { Rest } from '../http/rest.js'
import type { Replica } from '../store/replica.js'
import { BackOff, type BackOffOptions } from '../sync/back-off.js'
import { contentOf } from './content.js'
import type { Draft } from './draft.js'
import type { Outbox } from './outbox.js'

export interface SenderOptions {
  rest: Rest
  files: Files
  outbox: Outbox
  replica: Replica
  backOff: BackOffOptions
  /** Called before a session is first sent to, so that what is stored finds its place. */
  prepare(sessionId: string): Promise<void>
  /** Commits the row, and with it that the draft is done. */
  stored(draft: Draft, row: MessageObject): Promise<void>
  onProgress(draft: Draft, part: number): void
}

const MAX_FOREIGN_REFUSALS = 5

/**
 * Sends what waits: in a session one after the other, so that their order is the order of sending; sessions side by
 * side. What fails in passing is tried until it succeeds, under the same client id, so that it is stored once.
 */
export class Sender {
  #lanes = new Map<string, AbortController>()
  /** Drafts whose POST is under way: too late to take back. */
  #posting = new Set<string>()
  #uploads = new Map<string, AbortController>()
  /** By draft: how often something in between refused it. */
  #refusals = new Map<string, number>()
  #isStopped = true
  #wake = new AbortController()

  constructor(private readonly options: SenderOptions) {}

  start(): void {
    this.#isStopped = false
    this.lookAtAll()
  }

  lookAtAll(): void {
    for (const sessionId of this.options.outbox.sessionIds) this.look(sessionId)
  }

  stop(): void {
    this.#isStopped = true
    for (const upload of this.#uploads.values()) upload.abort()
    for (const lane of this.#lanes.values()) lane.abort()
    this.#lanes.clear()
    this.hurry()
  }

  /** Something waits in this session. */
  look(sessionId: string): void {
    if (this.#isStopped || this.#lanes.has(sessionId)) return
    const lane = new AbortController()
    this.#lanes.set(sessionId, lane)
    void this.#run(sessionId, lane.signal).then((isLoginOver) => {
      if (this.#lanes.get(sessionId) !== lane) return
      this.#lanes.delete(sessionId)
      // Something may have come between the last look and this.
      if (!isLoginOver && this.#next(sessionId)) this.look(sessionId)
    })
  }

  /** There is reason to hope: whatever waits for its next try is tried now. */
  hurry(): void {
    this.#wake.abort()
    this.#wake = new AbortController()
  }

  /** False when it is too late. */
  async cancel(key: string): Promise<boolean> {
    if (this.#posting.has(key) || !this.options.outbox.get(key)) return false
    this.#uploads.get(key)?.abort()
    await this.options.replica.commit([[key, undefined]])
    return true
  }

  async resend(key: string): Promise<void> {
    const draft = this.options.outbox.get(key)
    if (draft?.status !== 'storefailed') return
    const { error: _, ...rest } = draft
    await this.options.replica.commit([[key, { ...rest, status: 'storing' }]])
    this.look(draft.sessionId)
  }

  /** Until nothing waits. True when nobody is logged in any more: what waits stays until somebody is. */
  async #run(sessionId: string, lane: AbortSignal): Promise<boolean> {
    const backOff = new BackOff(this.options.backOff)
    for (let draft = this.#next(sessionId); draft && !lane.aborted; draft = this.#next(sessionId)) {
      try {
        await this.#send(draft, lane)
        backOff.reset()
      } catch (error) {
        if (lane.aborted) return false
        const failure = error instanceof NudgeError ? error : new NudgeError('Internal', String(error))
        if (failure.code === 'InvalidToken') return true
        if (failure.isPassing && !this.#isHopeless(draft, failure))
          await pause(backOff.next(failure.retryAfterMs), this.#wake.signal)
        else await this.#fail(draft.key, failure)
      }
    }
    return false
  }

  /** A proxy that refuses it time and again means this message, and holds up all that come after it. */
  #isHopeless({ key }: Draft, { code, status }: NudgeError): boolean {
    if (code !== 'Unreachable' || status < 400 || status >= 500) return false
    const times = (this.#refusals.get(key) ?? 0) + 1
    this.#refusals.set(key, times)
    if (times < MAX_FOREIGN_REFUSALS) return false
    this.#refusals.delete(key)
    return true
  }

  #next(sessionId: string): Draft | undefined {
    return this.options.outbox.of(sessionId).find(({ status }) => status === 'storing')
  }

  async #send(draft: Draft, lane: AbortSignal): Promise<void> {
    const { rest, replica, outbox, prepare, stored } = this.options
    await prepare(draft.sessionId)
    const content = draft.content ?? (await this.#upload(draft))
    if (lane.aborted || !outbox.get(draft.key)) return
    if (draft.content === undefined) void replica.commit([[draft.key, { ...draft, content }]])
    // Kept before it is sent: whoever takes over after a crash sends it again under the same id.
    await replica.settled()
    // Taken back, or found in a delta, meanwhile.
    if (lane.aborted || !outbox.get(draft.key)) return
    this.#posting.add(draft.key)
    try {
      const row = await rest.ask<MessageObject>({
        method: 'POST',
        path: `sessions/${draft.sessionId}/messages`,
        json: { type: draft.type, content, clientMessageId: draft.clientMessageId },
      })
      if (!lane.aborted) await stored(draft, row)
    } finally {
      this.#posting.delete(draft.key)
    }
  }

  async #upload(draft: Draft): Promise<string> {
    const { upload } = draft
    if (!upload?.file) throw new NudgeError('FileMissing', 'the file is gone: choose it again')
    // It could be read when it was chosen; now it may be gone or another one, which looks like a lost network below.
    await upload.file
      .slice(0, 1)
      .arrayBuffer()
      .catch(() => {
        throw new NudgeError('FileMissing', 'the file has changed or is gone: choose it again')
      })
    const controller = new AbortController()
    this.#uploads.set(draft.key, controller)
    try {
      const stored = await this.options.files.upload(upload.file, upload.name, {
        signal: controller.signal,
        onProgress: (loaded, total) => this.options.onProgress(draft, total > 0 ? loaded / total : 1),
      })
      return contentOf(upload, stored)
    } finally {
      this.#uploads.delete(draft.key)
    }
  }

  async #fail(key: string, { code, message }: NudgeError): Promise<void> {
    const draft = this.options.outbox.get(key)
    if (!draft) return
    const failed: Draft = { ...draft, status: 'storefailed', error: { code, message } }
    await this.options.replica.commit([[key, failed]])
  }
}

function pause(ms: number, wake: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const end = () => {
      clearTimeout(timer)
      wake.removeEventListener('abort', end)
      resolve()
    }
    const timer = setTimeout(end, ms)
    wake.addEventListener('abort', end)
  })
}
