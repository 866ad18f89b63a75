import type { Unsubscribe } from '../events.js'

/** The tabs of a browser that share one storage: one of them syncs and sends, the others follow it. */
export interface Tabs {
  /** Resolves when this tab is the one that leads, which it stays until it is closed. Never resolves after `close`. */
  lead(): Promise<void>
  /** Tells the other tabs. */
  post(message: unknown): void
  onMessage(listener: (message: unknown) => void): Unsubscribe
  close(): void
}
