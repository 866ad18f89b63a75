import type { Unsubscribe } from '../events.js'

export interface EnvironmentHandlers {
  /** There is reason to look whether the connection is alive, or to try again. */
  onWake(): void
  /** The platform says that there is no network. */
  onNetworkLost(): void
}

const TICK_MS = 10_000
/** More than this (ms) between two ticks: the machine slept, or the tab was frozen. Hidden tabs tick once a minute. */
const JUMP_MS = 90_000

/**
 * Watches for what breaks connections without a word: sleep, frozen tabs, clocks that jump, networks that change.
 * Browsers tell of some; a clock that misses ticks tells of all.
 */
export function watchEnvironment({ onWake, onNetworkLost }: EnvironmentHandlers): Unsubscribe {
  let last = Date.now()
  const ticking = setInterval(() => {
    const now = Date.now()
    const hasJumped = Math.abs(now - last) > JUMP_MS
    last = now
    if (hasJumped) onWake()
  }, TICK_MS)
  const offs = [
    listen(globalThis, 'online', onWake),
    listen(globalThis, 'offline', onNetworkLost),
    listen(globalThis, 'pageshow', onWake),
    listen(globalThis.document, 'visibilitychange', () => {
      if (!globalThis.document.hidden) onWake()
    }),
    listen(globalThis.document, 'resume', onWake),
  ]
  return () => {
    clearInterval(ticking)
    for (const off of offs) off()
  }
}

/** Node has neither. */
function listen(target: Partial<EventTarget> | undefined, name: string, listener: () => void): Unsubscribe {
  if (!target?.addEventListener) return () => {}
  target.addEventListener(name, listener)
  return () => target.removeEventListener?.(name, listener)
}
