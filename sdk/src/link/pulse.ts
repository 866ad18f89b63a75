/** How long (ms) the server may take for an answer. */
export interface Deadlines {
  /** To CONNECT, counted from dialling. */
  connackMs: number
  /** To the regular pings. */
  pingMs: number
  /** To the ping of `Link.check`. */
  checkMs: number
}

export const DEADLINES: Deadlines = { connackMs: 10_000, pingMs: 10_000, checkMs: 5_000 }

/** A page that was frozen or busy fires its timers before it reads what has come meanwhile; then this helps. */
const GRACE_MS = 50

/** Notices that the server is gone when nobody says so. */
export class Pulse {
  #isAccepted = false
  #pings: ReturnType<typeof setInterval> | undefined
  #deadline: ReturnType<typeof setTimeout> | undefined
  #dueAt = Number.POSITIVE_INFINITY
  /** How long (ms) nothing may come while a ping is unanswered; infinite when none is. */
  #patienceMs = Number.POSITIVE_INFINITY

  /** From now on the answer to CONNECT is waited for. */
  constructor(
    private readonly deadlines: Deadlines,
    private readonly ping: () => void,
    private readonly onSilence: () => void,
  ) {
    this.#arm(deadlines.connackMs)
  }

  /** CONNECT has been answered: pings every `keepaliveS` seconds, unless that is 0. */
  accept(keepaliveS: number): void {
    this.#isAccepted = true
    this.#disarm()
    if (keepaliveS > 0)
      this.#pings = unref(setInterval(() => this.#ask(this.deadlines.pingMs), keepaliveS * 1000))
  }

  /**
   * Something came. That makes time for the answer to a ping, which may be behind it in the queue, and is none: it
   * may have been under way since before the network fell silent.
   */
  beat(): void {
    if (!this.#isAccepted || this.#patienceMs === Number.POSITIVE_INFINITY) return
    this.#arm(this.#patienceMs)
  }

  /** A ping was answered. */
  pong(): void {
    if (this.#isAccepted) this.#disarm()
  }

  /** While the answer to CONNECT is waited for, that is the sign of life, and its deadline stays. */
  check(): void {
    if (this.#isAccepted) this.#ask(this.deadlines.checkMs)
  }

  /** For good. */
  stop(): void {
    this.#isAccepted = false
    this.#disarm()
    clearInterval(this.#pings)
  }

  #ask(patienceMs: number): void {
    this.ping()
    this.#patienceMs = Math.min(patienceMs, this.#patienceMs)
    // What is due sooner stays so: asking again and again does not put off the end.
    if (performance.now() + patienceMs < this.#dueAt) this.#arm(patienceMs)
  }

  #arm(ms: number): void {
    clearTimeout(this.#deadline)
    this.#dueAt = performance.now() + ms
    this.#deadline = unref(
      setTimeout(() => {
        this.#deadline = unref(setTimeout(this.onSilence, GRACE_MS))
      }, ms),
    )
  }

  #disarm(): void {
    clearTimeout(this.#deadline)
    this.#dueAt = Number.POSITIVE_INFINITY
    this.#patienceMs = Number.POSITIVE_INFINITY
  }
}

/** Node.js may end with the timer pending: it is for the socket to keep it. In browsers timers are numbers. */
export function unref<T>(timer: T): T {
  ;(timer as { unref?: () => void }).unref?.()
  return timer
}
