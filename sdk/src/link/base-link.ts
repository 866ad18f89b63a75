import { type Deadlines, Pulse, unref } from './pulse.js'
import { SafeHandlers } from './safe-handlers.js'
import type { Dial, Link, LinkHandlers } from './transport.js'

/** How long (ms) what has been sent may take to get out, and the server to say goodbye. */
const FAREWELL_MS = 5_000

/** What all links have in common: one answer to CONNECT, signs of life from then on, and one end. */
export abstract class BaseLink implements Link {
  protected readonly handlers: SafeHandlers
  protected readonly pulse: Pulse
  protected isAccepted = false

  constructor(
    protected readonly dial: Dial,
    handlers: LinkHandlers,
    deadlines: Deadlines,
  ) {
    this.handlers = new SafeHandlers(handlers)
    this.pulse = new Pulse(
      deadlines,
      () => this.ping(),
      () => this.cut(),
    )
  }

  abstract publish(topic: string, payload: string): void

  protected abstract ping(): void

  /** Says DISCONNECT, and closes after what was sent. Gives what closes at once. */
  protected abstract sayGoodbye(): () => void

  /** Closes without a word, if there is anything to close. */
  protected abstract hangUp(): void

  check(): void {
    this.pulse.check()
  }

  close(): void {
    if (this.handlers.isOver) return
    if (!this.isAccepted) {
      this.cut()
      return
    }
    this.#end()
    // What was sent still gets out, but whether it does changes nothing for us, and a dead network holds it up for long.
    unref(setTimeout(this.sayGoodbye(), FAREWELL_MS))
  }

  protected takeConnack(code: number): void {
    if (code === 0) {
      this.isAccepted = true
      this.pulse.accept(this.dial.keepaliveS)
    }
    this.handlers.onConnack(code)
    if (code !== 0) this.cut()
  }

  /** Without a goodbye, which a dead network would hold up. */
  protected cut(): void {
    // Connections may tell of their end while they are being closed.
    if (this.handlers.isOver) return
    this.#end()
    this.hangUp()
  }

  #end(): void {
    this.pulse.stop()
    this.handlers.onClose()
  }
}
