import { ConnectCode, ReturnCode } from '../../../shared/wire/codes.js'
import type { NotificationFrame } from '../../../shared/wire/frames.js'
import { NudgeError } from '../errors.js'
import { guid } from '../guid.js'
import { readFrame } from '../link/frames.js'
import type { Link, Transport } from '../link/transport.js'
import { BackOff, type BackOffOptions } from './back-off.js'
import { type State, type StateEvent, transition } from './states.js'

export interface Address {
  url: string
  username: string
  password: string
}

export interface ConnectionOptions {
  transport: Transport
  clientId: string
  keepaliveS: number
  backOff: BackOffOptions
  /** Where push is and what to show it. `isFresh`: what was shown last time was refused. Throws NudgeError. */
  address(isFresh: boolean): Promise<Address>
  /** Pulls everything. Rejects when the client is stopped. */
  catchUp(): Promise<void>
  onState(state: State, previous: State, retryAt: number | undefined): void
  /** It could not be found out where to dial. */
  onFailure(error: unknown): void
  onNotification(frame: NotificationFrame): void
  /** Everything that came, for a look behind the scenes. */
  onFrame(payload: string): void
}

/** How long (ms) a connection must have held before a loss counts as the first one. */
const STEADY_MS = 10_000
/** How long (ms) push may take to acknowledge. */
const ACK_LIMIT_MS = 10_000
/** How long (ms) push may take to let us in. */
const ACCEPT_LIMIT_MS = 20_000
const MAX_REPEATS = 5

interface Waiting {
  resolve(ack: { returnCode: number; mts?: number }): void
  reject(error: NudgeError): void
}

/** The connection to push, and the state that follows from it. */
export class Connection {
  #state: State = 'idle'
  #link: Link | undefined
  /** Of the connection under way: whatever an earlier one still says is not heard. */
  #dial = 0
  /** Of the catching up under way: an earlier one has not seen what the server has asked for since. */
  #look = 0
  /** Of the state: what time brings about in it. */
  #timer: ReturnType<typeof setTimeout> | undefined
  #isTokenRefused = false
  /** What the server asked to wait when it was asked where to dial. */
  #retryAfterMs: number | undefined
  #backOff: BackOff
  #acks = new Map<string, Waiting>()
  #mts = new Map<string, number>()

  constructor(private readonly options: ConnectionOptions) {
    this.#backOff = new BackOff(options.backOff)
  }

  get state(): State {
    return this.#state
  }

  start(): void {
    this.#happened('start')
  }

  stop(): void {
    this.#happened('stop')
  }

  /** The network may be back, or may have gone without a word: dials now, or looks whether the link is alive. */
  wake(): void {
    if (this.#state === 'offline') this.#happened('retry')
    else this.#link?.check()
  }

  /** The platform says that there is no network. It may be wrong, so dialling goes on. */
  networkLost(): void {
    this.#happened('lost')
  }

  /**
   * Publishes to a session's topic and waits for the ack. Whatever members push knows is newer than what we know, so
   * its word is taken. Throws NudgeError: Unreachable, InvalidRequest.
   */
  async notify(topic: string, message: Record<string, unknown>): Promise<void> {
    for (let repeats = 0; repeats <= MAX_REPEATS; repeats += 1) {
      const { returnCode, mts } = await this.#publish(topic, message)
      if (returnCode === ReturnCode.delivered) return
      const isStale = returnCode === ReturnCode.clientMtsExpired || returnCode === ReturnCode.serverMtsExpired
      if (!isStale || mts === undefined) {
        throw new NudgeError('InvalidRequest', `push answered ${returnCode}`)
      }
      this.#mts.set(topic, mts)
    }
    throw new NudgeError('Unavailable', 'the members of the session change all the time')
  }

  #publish(topic: string, message: Record<string, unknown>): Promise<{ returnCode: number; mts?: number }> {
    return new Promise((resolve, reject) => {
      if (!this.#link || this.#state === 'connecting') {
        return reject(new NudgeError('Unreachable', 'push is not connected'))
      }
      const y2wMessageId = guid()
      const done = () => {
        clearTimeout(timer)
        this.#acks.delete(y2wMessageId)
      }
      const timer = setTimeout(() => {
        done()
        reject(new NudgeError('Unreachable', 'push does not answer'))
      }, ACK_LIMIT_MS)
      this.#acks.set(y2wMessageId, {
        resolve: (ack) => {
          done()
          resolve(ack)
        },
        reject: (error) => {
          done()
          reject(error)
        },
      })
      const mts = this.#mts.get(topic) ?? 0
      this.#link.publish(topic, JSON.stringify({ cmd: 'sendMessage', y2wMessageId, mts, message }))
    })
  }

  #happened(event: StateEvent): void {
    const previous = this.#state
    const next = transition(previous, event)
    if (next === 'ignored') return
    this.#state = next
    const retryAt = this.#enter(next)
    this.options.onState(next, previous, retryAt)
  }

  /** What being in a state means. Gives when the next try is due. */
  #enter(state: State): number | undefined {
    clearTimeout(this.#timer)
    switch (state) {
      case 'connecting':
        void this.#connect()
        return undefined
      case 'catchingUp':
        void this.#catchUp()
        return undefined
      case 'live':
        this.#timer = setTimeout(() => this.#backOff.reset(), STEADY_MS)
        return undefined
      case 'offline': {
        this.#hangUp()
        const waitMs = this.#backOff.next(this.#retryAfterMs)
        this.#retryAfterMs = undefined
        this.#timer = setTimeout(() => this.#happened('retry'), waitMs)
        return Date.now() + waitMs
      }
      case 'idle':
      case 'kicked':
        // With a token from before push does not give the place back.
        if (state === 'kicked') this.#isTokenRefused = true
        this.#hangUp()
        this.#backOff.reset()
        return undefined
    }
  }

  async #connect(): Promise<void> {
    this.#dial += 1
    const dial = this.#dial
    const isCurrent = () => this.#dial === dial
    let address: Address
    try {
      address = await this.options.address(this.#isTokenRefused)
    } catch (error) {
      if (!isCurrent()) return
      this.options.onFailure(error)
      if (error instanceof NudgeError) this.#retryAfterMs = error.retryAfterMs
      this.#happened('lost')
      return
    }
    if (!isCurrent()) return
    this.#isTokenRefused = false
    // Something that speaks MQTT and is no push server of ours lets nobody in, and closes nothing.
    this.#timer = setTimeout(() => this.#happened('lost'), ACCEPT_LIMIT_MS)
    const { clientId, keepaliveS } = this.options
    this.#link = this.options.transport(
      { ...address, clientId, keepaliveS },
      {
        onConnack: (code) => {
          if (isCurrent() && code !== 0) this.#refused(code)
        },
        onFrame: (payload) => {
          if (isCurrent()) this.#receive(payload)
        },
        onClose: () => {
          if (isCurrent()) this.#happened('lost')
        },
      },
    )
  }

  #refused(code: number): void {
    this.#isTokenRefused = code === ConnectCode.badToken || code === ConnectCode.expiredToken
    this.#happened(code === ConnectCode.kicked ? 'kicked' : 'lost')
  }

  async #catchUp(): Promise<void> {
    const dial = this.#dial
    this.#look += 1
    const look = this.#look
    try {
      await this.options.catchUp()
    } catch {
      // Stopped.
      return
    }
    if (this.#dial === dial && this.#look === look) this.#happened('caughtUp')
  }

  #receive(payload: string): void {
    this.options.onFrame(payload)
    const frame = readFrame(payload)
    switch (frame?.kind) {
      case 'ack':
        this.#acks.get(frame.id)?.resolve(frame)
        break
      case 'notification':
        this.options.onNotification(frame.frame)
        break
      case 'code':
        if (frame.returnCode === ReturnCode.accepted) this.#happened('accepted')
        if (frame.returnCode === ReturnCode.kicked) this.#happened('kicked')
    }
  }

  #hangUp(): void {
    this.#dial += 1
    const link = this.#link
    this.#link = undefined
    link?.close()
    for (const waiting of this.#acks.values()) {
      waiting.reject(new NudgeError('Unreachable', 'the connection to push was lost'))
    }
  }
}
