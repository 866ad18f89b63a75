import type { Selectable } from 'kysely'
import type { Db } from '../database/database.js'
import type { LoginTable } from '../database/tables/login.js'

export type LoginRow = Selectable<LoginTable>

export async function insertLogin(
  db: Db,
  login: { id: string; userId: string; createdAt: number; expiresAt: number },
): Promise<void> {
  await db
    .insertInto('login')
    .values({
      id: login.id,
      user_id: login.userId,
      created_at: String(login.createdAt),
      expires_at: String(login.expiresAt),
    })
    .execute()
}

/** Ends the logins of a user that still hold: one, all, or all but one. */
export async function endLogins(
  db: Db,
  userId: string,
  nowMs: number,
  which: { only?: string | undefined; except?: string | undefined } = {},
): Promise<void> {
  let ending = db
    .updateTable('login')
    .set({ ended_at: String(nowMs) })
    .where('user_id', '=', userId)
    .where('ended_at', 'is', null)
  if (which.only !== undefined) ending = ending.where('id', '=', which.only)
  if (which.except !== undefined) ending = ending.where('id', '!=', which.except)
  await ending.execute()
}

/** Ids of a user's ended logins whose tokens have not expired. */
export async function findEndedOf(db: Db, userId: string): Promise<string[]> {
  const rows = await db
    .selectFrom('login')
    .select('id')
    .where('user_id', '=', userId)
    .where('ended_at', 'is not', null)
    .execute()
  return rows.map(({ id }) => id)
}

/** Of everybody, those that ended after `sinceMs`. */
export async function findEndedSince(db: Db, sinceMs: number): Promise<string[]> {
  const rows = await db.selectFrom('login').select('id').where('ended_at', '>', String(sinceMs)).execute()
  return rows.map(({ id }) => id)
}

/** Logins whose tokens have all expired are of no more use. Returns how many went, at most `limit`. */
export async function deleteExpired(db: Db, nowMs: number, limit: number): Promise<number> {
  const { numDeletedRows } = await db
    .deleteFrom('login')
    .where('id', 'in', (eb) =>
      eb.selectFrom('login').select('id').where('expires_at', '<=', String(nowMs)).limit(limit),
    )
    .executeTakeFirstOrThrow()
  return Number(numDeletedRows)
}
