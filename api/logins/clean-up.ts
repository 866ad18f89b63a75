import { setTimeout as sleep } from 'node:timers/promises'
import type { Context } from '../context.js'
import { deleteExpired } from './store.js'

const EVERY_MS = 3600_000
const BATCH = 1000

/** Deletes expired logins every hour until `signal` aborts. */
export async function forgetExpiredLogins(
  ctx: Pick<Context, 'db' | 'now' | 'log'>,
  signal: AbortSignal,
): Promise<void> {
  while (!signal.aborted) {
    await sleep(EVERY_MS, undefined, { signal, ref: false }).catch(() => {})
    if (signal.aborted) return
    try {
      while ((await deleteExpired(ctx.db, ctx.now(), BATCH)) === BATCH && !signal.aborted) {}
    } catch (error) {
      ctx.log.error({ err: error }, 'deleting expired logins failed')
    }
  }
}
