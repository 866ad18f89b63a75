import { ENDED_LOGINS_KEPT_MS } from '../../shared/server/logins.js'
import { regularly } from '../../shared/server/regularly.js'
import type { Context } from '../context.js'
import { deleteOver } from './store.js'

const EVERY_MS = 3600_000
const BATCH = 1000

/** Every hour, until `signal` aborts, deletes logins of which no token can be valid any more. */
export function forgetOldLogins(
  ctx: Pick<Context, 'db' | 'now' | 'log'>,
  signal: AbortSignal,
): Promise<void> {
  const hourly = { what: 'deleting old logins', everyMs: EVERY_MS }
  return regularly(hourly, ctx.log, signal, () => deleteOldLogins(ctx, signal))
}

/** Access tokens of logins that are gone are refused; imTokens of ended ones have expired by then. */
export async function deleteOldLogins(ctx: Pick<Context, 'db' | 'now'>, signal?: AbortSignal): Promise<void> {
  const nowMs = ctx.now()
  for (let deleted = BATCH; deleted === BATCH && !signal?.aborted; ) {
    deleted = await deleteOver(ctx.db, { nowMs, endedBeforeMs: nowMs - ENDED_LOGINS_KEPT_MS, limit: BATCH })
  }
}
