import { report } from '../events.js'
import { unref } from '../link/pulse.js'

export interface TurnsOptions<Item> {
  /** Calls the handler, which may be the app's. It looks at the first item of the list. */
  handle(): void
  /** The handler has left the item alone. Whether it has been seen to otherwise. */
  fallback(item: Item): boolean
  /** How long (ms) a handler of the app's may take. */
  patienceMs(): number
}

/**
 * A list whose first item is being handled, one after the other, by code that may be the app's: it handles the first
 * item, may or may not take it off the list, and calls the handler again. Whatever such code forgets, the list goes on.
 */
export class Turns<Item extends object> {
  readonly list: Item[] = []
  /** Items that are in the hands of the dialect's own code, which takes them off the list itself. */
  readonly #held = new Set<Item>()
  #running: Item | undefined
  #timer: ReturnType<typeof setTimeout> | undefined

  constructor(private readonly options: TurnsOptions<Item>) {}

  add(item: Item): void {
    this.list.push(item)
    if (this.list.length === 1) this.options.handle()
  }

  isHeld(item: Item): boolean {
    return this.#held.has(item)
  }

  hold(item: Item): void {
    this.#held.add(item)
  }

  /** Done with it. The item may be anywhere, or nowhere, in the list. */
  release(item: Item): void {
    this.#held.delete(item)
    this.#remove(item)
  }

  /** What the handler begins with: decides which item is next, and lets `run` handle it. */
  next(run: () => void): void {
    const first = this.list[0]
    if (first !== undefined && first === this.#running) {
      if (this.#held.has(first)) return
      // Its handler calls for the next one: it is done with this one, and has left it where it was.
      this.#remove(first)
    }
    const item = this.list[0]
    clearTimeout(this.#timer)
    this.#running = item
    if (item === undefined) return
    try {
      run()
    } catch (error) {
      report(error)
      this.#skip(item)
      return
    }
    if (this.list[0] !== item || this.#held.has(item)) return
    if (!this.options.fallback(item)) this.#watch(item)
  }

  #watch(item: Item): void {
    const giveUp = () => {
      if (this.list[0] === item && !this.#held.has(item)) this.#skip(item)
    }
    this.#timer = unref(setTimeout(giveUp, this.options.patienceMs()))
  }

  #skip(item: Item): void {
    this.#remove(item)
    if (this.list.length > 0) this.options.handle()
  }

  #remove(item: Item): void {
    const at = this.list.indexOf(item)
    if (at >= 0) this.list.splice(at, 1)
    if (this.#running === item) this.#running = undefined
  }
}

/**
 * Makes `object[name]` keep the list going, whoever has overridden it: the class, its prototype, a subclass, or the
 * object itself. What somebody takes out of the property to call it from his own function is the function before.
 */
export function keepGoing<Item extends object>(object: object, name: string, turns: Turns<Item>): void {
  let own: (() => void) | undefined
  const current = (): (() => void) => own ?? Object.getPrototypeOf(object)[name]
  Object.defineProperty(object, name, {
    configurable: true,
    enumerable: false,
    get: () => {
      const handler = current()
      return () => {
        // No longer the handler: it is called by the one that has taken its place.
        if (handler !== current()) handler.call(object)
        else turns.next(() => handler.call(object))
      }
    },
    set: (handler: () => void) => {
      own = handler
    },
  })
}
