/** Ends what gave it: the listener is not called again. */
export type Unsubscribe = () => void

/** Events by name, each with the type of its argument. */
export class Emitter<Events extends object> {
  #listeners = new Map<keyof Events, Set<(event: never) => void>>()

  /** Whether anybody listens: for events that cost something to make. */
  isHeard(name: keyof Events): boolean {
    return (this.#listeners.get(name)?.size ?? 0) > 0
  }

  /** Calls `listener` from now on. Returns what ends that. */
  on<Name extends keyof Events>(name: Name, listener: (event: Events[Name]) => void): Unsubscribe {
    const listeners = this.#listeners.get(name) ?? new Set()
    this.#listeners.set(name, listeners)
    // Wrapped, so that one function given twice is two listeners.
    const own = (event: Events[Name]) => listener(event)
    listeners.add(own)
    return () => {
      listeners.delete(own)
    }
  }

  /** Resolves with the next event of the name that fits. */
  next<Name extends keyof Events>(
    name: Name,
    fits: (event: Events[Name]) => boolean = () => true,
  ): Promise<Events[Name]> {
    return new Promise((resolve) => {
      const off = this.on(name, (event) => {
        if (!fits(event)) return
        off()
        resolve(event)
      })
    })
  }

  /** A listener that throws stops neither the others nor who emits: syncing must not depend on the app's code. */
  emit<Name extends keyof Events>(name: Name, event: Events[Name]): void {
    for (const listener of [...(this.#listeners.get(name) ?? [])]) {
      attempt(() => (listener as (event: Events[Name]) => void)(event))
    }
  }
}

/**
 * Calls code that may be the app's. What it throws stops nothing here, and shows as an exception that nobody caught: in
 * the console, to test runners and to error trackers.
 */
export function attempt(call: () => void): void {
  try {
    call()
  } catch (error) {
    report(error)
  }
}

/** As an exception that nobody caught. */
export function report(error: unknown): void {
  queueMicrotask(() => {
    throw error
  })
}
