import { Emitter, type Unsubscribe } from '../events.js'
import { aloneTabs } from './alone.js'
import type { Tabs } from './tabs.js'

/**
 * How tabs that have opened the storage `name` find out about each other. Only pages from HTTPS or this computer
 * have Web Locks; elsewhere every tab is on its own. So it is in Node.js, where an open channel would also keep
 * the process from ending.
 */
export function openTabs(name: string, isShared: boolean): Tabs {
  const locks: LockManager | undefined = globalThis.navigator?.locks
  return isShared && locks && 'BroadcastChannel' in globalThis ? webTabs(name) : aloneTabs()
}

/**
 * Who holds the Web Lock leads: the browser gives it to the next in line however a tab ends, so there are no
 * heartbeats and no elections. Messages go over a BroadcastChannel. `name` is the storage's.
 */
export function webTabs(name: string): Tabs {
  return new WebTabs(`nudge-tabs:${name}`)
}

class WebTabs implements Tabs {
  #name: string
  #channel: BroadcastChannel
  #messages = new Emitter<{ message: unknown }>()
  #leading: Promise<void> | undefined
  #closed = new AbortController()

  constructor(name: string) {
    this.#name = name
    this.#channel = new BroadcastChannel(name)
    this.#channel.onmessage = ({ data }) => this.#messages.emit('message', data)
  }

  lead(): Promise<void> {
    this.#leading ??= new Promise((resolve, reject) => {
      const { signal } = this.#closed
      const lead = () => {
        // Closed when the lock was on its way already.
        if (signal.aborted) return
        resolve()
        // The lock is held until this promise settles.
        return new Promise<void>((release) => signal.addEventListener('abort', () => release()))
      }
      navigator.locks.request(this.#name, { signal }, lead).catch((error: unknown) => {
        if (!signal.aborted) reject(error)
      })
    })
    return this.#leading
  }

  post(message: unknown): void {
    if (!this.#closed.signal.aborted) this.#channel.postMessage(message)
  }

  onMessage(listener: (message: unknown) => void): Unsubscribe {
    return this.#messages.on('message', listener)
  }

  close(): void {
    this.#closed.abort()
    this.#channel.close()
  }
}
