import { sql } from 'kysely'
import type { Db } from '../database/database.js'

/** Counts a login on its day, in UTC. */
export async function recordLogin(db: Db, appId: string, userId: string, nowMs: number): Promise<void> {
  await db
    .insertInto('login_record')
    .values({ app_id: appId, day: dayOf(nowMs), user_id: userId, count: 1 })
    .onConflict((conflict) =>
      conflict.columns(['app_id', 'day', 'user_id']).doUpdateSet({ count: sql`login_record.count + 1` }),
    )
    .execute()
}

/** Who logged in on that day, and how often, in the order of their ids. */
export function findLogins(
  db: Db,
  appId: string,
  day: string,
  page: { limit: number; offset: number },
): Promise<{ user_id: string; count: number }[]> {
  return db
    .selectFrom('login_record')
    .select(['user_id', 'count'])
    .where('app_id', '=', appId)
    .where('day', '=', day)
    .orderBy('user_id')
    .limit(page.limit)
    .offset(page.offset)
    .execute()
}

/** `YYYY-MM-DD` in UTC. */
export function dayOf(ms: number): string {
  return new Date(ms).toISOString().slice(0, 10)
}
