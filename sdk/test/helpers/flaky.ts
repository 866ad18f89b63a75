import { WebSocket } from 'ws'
import {
  type Fetch,
  type Link,
  type LinkHandlers,
  type Transport,
  webSocketTransport,
} from '../../src/index.js'
import type { Random } from './torture-random.js'

/** How likely each kind of trouble is, per request and per frame: 0 to 1. */
export interface Trouble {
  /** The request does not get out. */
  refuse: number
  /** The server takes the request, and its answer is lost: what doubles messages. */
  loseAnswer: number
  /** The request gets out after the client has given it up. */
  deliverLate: number
  /** Nothing comes for a while, and then the connection breaks. */
  hang: number
  /** Requests and answers are under way for up to so long (ms). */
  delayMs: number
  /** A notification of push does not come. Within a connection that is so for slow readers only. */
  dropFrame: number
  /** A notification comes twice. */
  repeatFrame: number
  /** The connection to push breaks with a notification. */
  cutAtFrame: number
}

export const CALM: Trouble = {
  refuse: 0,
  loseAnswer: 0,
  deliverLate: 0,
  hang: 0,
  delayMs: 0,
  dropFrame: 0,
  repeatFrame: 0,
  cutAtFrame: 0,
}

const LATE_MS = 400
const HANG_MS = 1500
const never = () => new Promise<never>(() => {})
const sleep = (ms: number) => new Promise<void>((resolve) => setTimeout(resolve, ms))
const lost = () => new TypeError('fetch failed', { cause: new Error('the network is flaky') })

/** What one tab has of the network: give `fetch` and `transport` to `createClient`. */
export class FlakyNetwork {
  trouble: Trouble = CALM
  /** No request gets out, and push is not reached. */
  isRestDown = false
  isPushDown = false
  #isDead = false
  #sockets = new Set<WebSocket>()

  constructor(private readonly random: Random) {}

  readonly fetch: Fetch = async (input, init) => {
    const { trouble, random } = this
    if (this.#isDead) return never()
    if (this.isRestDown || random.happens(trouble.refuse)) throw lost()
    if (random.happens(trouble.hang)) {
      await sleep(HANG_MS)
      throw lost()
    }
    if (random.happens(trouble.deliverLate)) {
      setTimeout(() => void this.#ask(input, init).catch(() => {}), random.upTo(LATE_MS))
      throw lost()
    }
    await this.#delay()
    // Not with the client's signal: a server goes on with what it has begun.
    const response = await this.#ask(input, init)
    if (this.#isDead) return never()
    if (init?.signal?.aborted || random.happens(trouble.loseAnswer)) throw lost()
    await this.#delay()
    if (this.#isDead) return never()
    if (this.isRestDown || init?.signal?.aborted) throw lost()
    return response
  }

  readonly transport: Transport = (dial, handlers) => {
    const sockets = this.#sockets
    const network = this
    class Socket extends WebSocket {
      constructor(url: string, protocol: string) {
        super(network.isPushDown || network.#isDead ? 'ws://127.0.0.1:9' : url, protocol)
        sockets.add(this)
        this.on('close', () => sockets.delete(this))
      }
    }
    const deadlines = { connackMs: 2000, pingMs: 2000, checkMs: 1000 }
    // biome-ignore lint/suspicious/noExplicitAny: ws's own types of events are narrower
    return webSocketTransport({ WebSocket: Socket as any, deadlines })(dial, this.#troubled(handlers))
  }

  /** The connection to push breaks without a word. */
  cut(): void {
    for (const socket of this.#sockets) socket.terminate()
  }

  /** The tab is gone: nothing gets out or in any more. What is under way may still reach the server. */
  die(): void {
    this.#isDead = true
    this.cut()
  }

  async #ask(input: string, init: RequestInit | undefined): Promise<Response> {
    const { signal: _, ...rest } = init ?? {}
    const response = await fetch(input, rest)
    // Read here, so that a server that dies with half an answer out shows as a failure.
    return new Response(await response.arrayBuffer(), response)
  }

  async #delay(): Promise<void> {
    if (this.trouble.delayMs > 0) await sleep(this.random.upTo(this.trouble.delayMs))
  }

  #troubled(handlers: LinkHandlers): LinkHandlers {
    const unlessDead = (act: () => void) => {
      if (!this.#isDead) act()
    }
    return {
      onConnack: (code) => unlessDead(() => handlers.onConnack(code)),
      onClose: () => unlessDead(() => handlers.onClose()),
      onFrame: (payload) =>
        unlessDead(() => {
          const { trouble, random } = this
          // Acks and the word that we are in are not lost without the connection.
          if (!payload.includes('"cmd"')) return handlers.onFrame(payload)
          if (random.happens(trouble.cutAtFrame)) return this.cut()
          if (random.happens(trouble.dropFrame)) return
          handlers.onFrame(payload)
          if (random.happens(trouble.repeatFrame)) handlers.onFrame(payload)
        }),
    }
  }
}

/** A request's answer that waits for the test. */
export interface Held {
  /** Resolves when the server has answered. */
  answered: Promise<void>
  /** Lets the answer through. */
  release(): void
}

interface Rule {
  fits: RegExp
  left: number
  act(ask: () => Promise<Response>): Promise<Response>
}

/** A line to the server where the test decides what happens: `fits` is compared with `POST sessions/1/messages`. */
export class Wire {
  /** What has got out, as `fits` sees it. */
  readonly requests: string[] = []
  isDown = false
  #rules: Rule[] = []

  readonly fetch: Fetch = async (input, init) => {
    if (this.isDown) throw lost()
    const { pathname } = new URL(input)
    const what = `${init?.method ?? 'GET'} ${pathname.replace('/v1/', '')}`
    this.requests.push(what)
    const ask = async () => {
      const response = await fetch(input, init)
      const body = await response.arrayBuffer()
      if (this.isDown) throw lost()
      return new Response(body, response)
    }
    const rule = this.#rules.find(({ fits, left }) => left > 0 && fits.test(what))
    if (!rule) return ask()
    rule.left -= 1
    return rule.act(ask)
  }

  count(fits: RegExp): number {
    return this.requests.filter((what) => fits.test(what)).length
  }

  /** The next answer of this kind waits. */
  hold(fits: RegExp): Held {
    let release = () => {}
    const released = new Promise<void>((resolve) => {
      release = resolve
    })
    const answered = new Promise<void>((resolve) => {
      this.#rules.push({
        fits,
        left: 1,
        act: async (ask) => {
          const response = await ask()
          resolve()
          await released
          return response
        },
      })
    })
    return { answered, release }
  }

  /** The server does what it is asked, and its next answers do not come. */
  loseAnswers(fits: RegExp, count = 1): void {
    this.#rules.push({
      fits,
      left: count,
      act: async (ask) => {
        await ask()
        throw lost()
      },
    })
  }

  /** These requests do not get out. */
  refuse(fits: RegExp, count: number): void {
    this.#rules.push({
      fits,
      left: count,
      act: async () => {
        throw lost()
      },
    })
  }
}

/** Push as the test plays it: whatever dials is kept, and told what the test says. */
export class FakePush {
  readonly dials: { at: number; handlers: LinkHandlers; isOpen: boolean }[] = []

  readonly transport: Transport = (_dial, handlers): Link => {
    const dial = { at: Date.now(), handlers, isOpen: true }
    this.dials.push(dial)
    queueMicrotask(() => {
      if (!dial.isOpen) return
      handlers.onConnack(0)
      handlers.onFrame('{"returnCode":11}')
    })
    return {
      publish() {},
      check() {},
      close() {
        dial.isOpen = false
      },
    }
  }

  /** To every connection that is open. */
  send(frame: object): void {
    for (const dial of this.dials) if (dial.isOpen) dial.handlers.onFrame(JSON.stringify(frame))
  }

  lose(): void {
    for (const dial of this.dials) {
      if (!dial.isOpen) continue
      dial.isOpen = false
      dial.handlers.onClose()
    }
  }
}
