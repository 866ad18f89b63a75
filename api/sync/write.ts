import type { Stamp } from '../../shared/wire/time.js'
import { transact } from '../announce/transact.js'
import type { Context } from '../context.js'
import type { Trx } from '../database/database.js'

/** The parts of the context that a stamped write needs. */
export type WriteContext = Pick<Context, 'db' | 'clock' | 'turns' | 'carrier'>

/**
 * Runs a change of synced rows in its own transaction with its own stamp. Read and validate before; what
 * must still be true when writing is checked again inside, where no other writer of the app can interfere.
 * Everything written carries `stamp`, and `announce(trx, ...)` tells whom it concerns.
 */
export async function write<T>(
  ctx: WriteContext,
  appId: string,
  change: (trx: Trx, stamp: Stamp) => Promise<T>,
): Promise<T> {
  return ctx.turns.take(appId, () =>
    transact(ctx, async (trx) => {
      const stamp = await ctx.clock.stamp(trx, appId)
      return change(trx, stamp)
    }),
  )
}
