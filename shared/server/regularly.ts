import { setTimeout as sleep } from 'node:timers/promises'
import type { Log } from './log.js'

export interface Regularity {
  /** What is done, for the log: `<what> failed`. */
  what: string
  everyMs: number
  /** How long (ms) until the first time; `everyMs` unless said. */
  firstAfterMs?: number
}

/** Does something again and again until `signal` aborts. A failure is logged, and the next time comes all the same. */
export async function regularly(
  { what, everyMs, firstAfterMs = everyMs }: Regularity,
  log: Pick<Log, 'error'>,
  signal: AbortSignal,
  act: () => Promise<unknown>,
): Promise<void> {
  for (let waitMs = firstAfterMs; !signal.aborted; waitMs = everyMs) {
    await sleep(waitMs, undefined, { signal, ref: false }).catch(() => {})
    if (signal.aborted) return
    await act().catch((error) => log.error({ err: error }, `${what} failed`))
  }
}
