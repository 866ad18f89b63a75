import { sql } from 'kysely'
import { AppError } from '../../shared/server/app-error.js'
import type { Log } from '../../shared/server/log.js'
import type { Stamp } from '../../shared/wire/time.js'
import type { Trx } from '../database/database.js'

/** Gives a transaction its stamp. Call it last before the writes: it holds every other writer of the app. */
export interface Clock {
  stamp(trx: Trx, appId: string): Promise<Stamp>
}

/** A stamp this far (ms) ahead of the wall clock is worth an alarm: somebody set a clock back, or forward. */
const MAX_DRIFT_MS = 1000

/**
 * The app's clock row: `v = max(last v + 1, now)`, its row lock held until commit. So stamps order commits,
 * every row of a stamp appears at once, and `v > cursor` misses and repeats nothing (design §3, I1).
 * The time is the database's own and is read after the lock was got: an earlier one could be overtaken.
 */
export function createClock(log: Log): Clock {
  return {
    async stamp(trx, appId) {
      const { rows } = await sql<{ v: string; now: string }>`
        /* clock */
        update app_clock
        set v = greatest(v + 1, (extract(epoch from clock_timestamp()) * 1000)::bigint)
        where app_id = ${appId}
        returning v, (extract(epoch from clock_timestamp()) * 1000)::bigint as now`.execute(trx)
      const row = rows[0]
      // A token of another database that had the same secret.
      if (!row) throw new AppError('InvalidToken', 'the app of the token does not exist')
      const stamp = Number(row.v)
      const driftMs = stamp - Number(row.now)
      if (driftMs > MAX_DRIFT_MS) log.warn({ appId, driftMs }, 'stamps run ahead of the wall clock')
      return stamp
    },
  }
}
