import { setTimeout as sleep } from 'node:timers/promises'
import type { MessageObject } from '../../shared/wire/objects.js'
import type { Person } from './person.js'
import { callJson } from './syncing-device.js'

const RETRY_MS = 50

/** Somebody who writes into a session; `renames` says that it is a group of which they are master. */
export interface Lane {
  person: Person
  sessionId: string
  renames?: boolean
}

/**
 * People who write without a pause, whatever happens: mostly messages, now and then an edit or a new name for the
 * group. What gets no answer is said again, with the same id, until there is one.
 */
export class Load {
  /** What was answered with 200. */
  readonly sent: MessageObject[] = []
  changes = 0
  #isStopping = false
  #lanes: Promise<void>[]
  #milestones: { at: number; resolve: () => void }[] = []
  #failure: Error | undefined

  /** Each write goes to one of `apiUrls`, in turns. */
  constructor(
    lanes: Lane[],
    private readonly apiUrls: string[],
  ) {
    this.#lanes = lanes.map((lane, n) =>
      this.#write(lane, n).catch((error) => {
        this.#failure = error
        for (const { resolve } of this.#milestones) resolve()
      }),
    )
  }

  /** Resolves when so many more writes have been answered. */
  async more(count: number): Promise<void> {
    if (!this.#failure) {
      await new Promise<void>((resolve) => this.#milestones.push({ at: this.changes + count, resolve }))
    }
    if (this.#failure) throw this.#failure
  }

  /** Ends when all that was begun has been answered. */
  async stop(): Promise<void> {
    this.#isStopping = true
    await Promise.all(this.#lanes)
    if (this.#failure) throw this.#failure
  }

  async #write(lane: Lane, laneNumber: number): Promise<void> {
    let last: MessageObject | undefined
    for (let n = 0; !this.#isStopping && !this.#failure; n += 1) {
      const text = { type: 'text', content: JSON.stringify({ text: `${laneNumber}/${n}` }) }
      const body = { sender: lane.person.id, ...text }
      if (lane.renames && n % 20 === 19) {
        await this.#insist('PUT', lane, `sessions/${lane.sessionId}`, { name: `named ${n}` })
      } else if (last && n % 7 === 6) {
        await this.#insist('PUT', lane, `sessions/${lane.sessionId}/messages/${last.id}`, body)
      } else {
        const clientMessageId = `${laneNumber}-${n}`
        last = await this.#insist('POST', lane, `sessions/${lane.sessionId}/messages`, {
          ...body,
          clientMessageId,
        })
        this.sent.push(last as MessageObject)
      }
      this.changes += 1
      const reached = this.#milestones.filter(({ at }) => this.changes >= at)
      this.#milestones = this.#milestones.filter(({ at }) => this.changes < at)
      for (const { resolve } of reached) resolve()
    }
  }

  async #insist(method: string, { person }: Lane, path: string, json: unknown): Promise<MessageObject> {
    for (let attempt = this.changes; ; attempt += 1) {
      const apiUrl = this.apiUrls[attempt % this.apiUrls.length]
      try {
        const answer = await callJson(method, `${apiUrl}/v1/${path}`, { token: person.token, json })
        if (answer.status === 200) return answer.body
        if (answer.status < 500) {
          this.#failure = new Error(`${method} ${path}: ${answer.status} ${JSON.stringify(answer.body)}`)
          throw this.#failure
        }
      } catch (error) {
        if (this.#failure) throw error
      }
      await sleep(RETRY_MS)
    }
  }
}
