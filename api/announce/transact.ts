import type { Context } from '../context.js'
import type { Trx } from '../database/database.js'
import { gatherAnnouncements } from './announce.js'
import type { LeasedRow } from './outbox.js'

/** Runs a transaction that may announce something; what it has announced is on its way when it has committed. */
export async function transact<T>(
  { db, carrier }: Pick<Context, 'db' | 'carrier'>,
  change: (trx: Trx) => Promise<T>,
): Promise<T> {
  let announced: LeasedRow[] | undefined
  const result = await db.transaction().execute((trx) => {
    if (carrier.isReady()) announced = gatherAnnouncements(trx)
    return change(trx)
  })
  if (announced) carrier.take(announced)
  else carrier.wake()
  return result
}
