import { NudgeError, type NudgeErrorCode } from '../errors.js'
import { guid } from '../guid.js'
import type { Tabs } from './tabs.js'

type Handlers = Record<string, (...args: never[]) => Promise<unknown>>

interface Asked {
  kind: 'ask'
  id: string
  name: string
  args: unknown[]
}

interface Answered {
  kind: 'answer'
  id: string
  value?: unknown
  error?: { code: NudgeErrorCode; message: string; status: number }
}

interface Pending {
  asked: Asked
  resolve(value: unknown): void
  reject(error: unknown): void
}

/**
 * Has things done by the tab that leads, from any tab: here, when it is this one. What was asked of a leader that
 * closed is asked of the next one, so what is asked for must bear being done twice.
 */
export class Office<H extends Handlers> {
  #pending = new Map<string, Pending>()
  #leads = false
  readonly #off: () => void

  constructor(
    private readonly tabs: Tabs,
    private readonly handlers: H,
  ) {
    this.#off = tabs.onMessage((message) => this.#receive(message as Asked | Answered | { kind: 'leading' }))
  }

  ask<Name extends keyof H & string>(
    name: Name,
    ...args: Parameters<H[Name]>
  ): Promise<Awaited<ReturnType<H[Name]>>> {
    if (this.#leads) return this.#run(name, args) as Promise<Awaited<ReturnType<H[Name]>>>
    return new Promise((resolve, reject) => {
      const asked: Asked = { kind: 'ask', id: guid(), name, args }
      this.tabs.post(asked)
      this.#pending.set(asked.id, { asked, resolve: resolve as Pending['resolve'], reject })
    })
  }

  /** From now on this tab does it. */
  lead(): void {
    this.#leads = true
    this.tabs.post({ kind: 'leading' })
    for (const { asked, resolve, reject } of this.#pending.values()) {
      this.#run(asked.name, asked.args).then(resolve, reject)
    }
    this.#pending.clear()
  }

  close(): void {
    this.#off()
    for (const { reject } of this.#pending.values())
      reject(new NudgeError('Cancelled', 'the client was stopped'))
    this.#pending.clear()
  }

  #receive(message: Asked | Answered | { kind: 'leading' }): void {
    if (message.kind === 'ask' && this.#leads) void this.#answer(message)
    if (message.kind === 'answer') this.#settle(message)
    if (message.kind === 'leading') for (const { asked } of this.#pending.values()) this.tabs.post(asked)
  }

  async #answer({ id, name, args }: Asked): Promise<void> {
    const answer: Answered = await this.#run(name, args).then(
      (value) => ({ kind: 'answer', id, value }),
      (error: unknown) => {
        const { code, message, status } =
          error instanceof NudgeError ? error : new NudgeError('Internal', String(error))
        return { kind: 'answer', id, error: { code, message, status } }
      },
    )
    this.tabs.post(answer)
  }

  #settle({ id, value, error }: Answered): void {
    const pending = this.#pending.get(id)
    if (!pending) return
    this.#pending.delete(id)
    if (error) pending.reject(new NudgeError(error.code, error.message, error.status))
    else pending.resolve(value)
  }

  #run(name: string, args: unknown[]): Promise<unknown> {
    const handler = this.handlers[name]
    return handler ? handler(...(args as never[])) : Promise.reject(new NudgeError('Internal', `no ${name}`))
  }
}
