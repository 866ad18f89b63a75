import { type Selectable, sql } from 'kysely'
import type { Db, Trx } from '../database/database.js'
import type { LoginTable } from '../database/tables/login.js'

export type LoginRow = Selectable<LoginTable>

/**
 * Inserts a login if its user may still log in, by the password that was checked; false when not. Checking takes
 * a while, and whoever changes the password or closes the account meanwhile waits for this row, or this for him.
 */
export async function insertLogin(
  db: Db,
  login: { id: string; userId: string; passwordHash: string; createdAt: number; expiresAt: number },
): Promise<boolean> {
  const { numAffectedRows } = await sql`
    insert into login (id, user_id, created_at, expires_at)
    select ${login.id}::uuid, id, ${String(login.createdAt)}::bigint, ${String(login.expiresAt)}::bigint
    from app_user
    where id = ${login.userId} and password_hash = ${login.passwordHash}
      and status = 'active' and not is_deleted
    for share`.execute(db)
  return numAffectedRows === 1n
}

/** Which of a user's logins that still hold. */
export type Which = 'all' | { only: string } | { except: string } | { beyond: number }

/** Ends logins of a user; `beyond` n leaves the n newest. Returns how many. */
export async function endLogins(db: Db, userId: string, nowMs: number, which: Which): Promise<number> {
  let ending = db
    .updateTable('login')
    .set({ ended_at: String(nowMs) })
    .where('user_id', '=', userId)
    .where('ended_at', 'is', null)
  if (which !== 'all') {
    if ('only' in which) ending = ending.where('id', '=', which.only)
    else if ('except' in which) ending = ending.where('id', '!=', which.except)
    else ending = ending.where('id', 'in', beyond(db, userId, which.beyond))
  }
  const { numUpdatedRows } = await ending.executeTakeFirstOrThrow()
  return Number(numUpdatedRows)
}

function beyond(db: Db, userId: string, count: number) {
  return db
    .selectFrom('login')
    .select('id')
    .where('user_id', '=', userId)
    .where('ended_at', 'is', null)
    .orderBy('created_at', 'desc')
    .offset(count)
}

/** Whose login it is, and in which app. */
export interface LoginClaim {
  appId: string
  userId: string
  loginId: string
}

/** For each claim whether that login still holds, and its user may act. */
export async function areLoginsLive(db: Db, claims: LoginClaim[]): Promise<boolean[]> {
  const { rows } = await sql<{ ord: string }>`
    /* logins-live */
    select claim.ord
    from unnest(
      (select ${claims.map(({ appId }) => appId)}::bigint[]),
      (select ${claims.map(({ userId }) => userId)}::bigint[]),
      (select ${claims.map(({ loginId }) => loginId)}::uuid[])
    ) with ordinality as claim (app_id, user_id, login_id, ord)
    join login l on l.id = claim.login_id and l.user_id = claim.user_id and l.ended_at is null
    join app_user u on u.id = claim.user_id and u.app_id = claim.app_id
      and u.status = 'active' and not u.is_deleted`.execute(db)
  const live = new Set(rows.map(({ ord }) => Number(ord) - 1))
  return claims.map((_, n) => live.has(n))
}

/** Ids of logins that ended after `sinceMs`, of one user or of everybody. */
export async function findEndedSince(db: Db, sinceMs: number, userId?: string): Promise<string[]> {
  const rows = await db
    .selectFrom('login')
    .select('id')
    .where('ended_at', '>', String(sinceMs))
    .$if(userId !== undefined, (query) => query.where('user_id', '=', userId as string))
    .execute()
  return rows.map(({ id }) => id)
}

/** Logins that expired, or ended before `endedBeforeMs`, are of no more use. Returns how many went. */
export async function deleteOver(
  trx: Db | Trx,
  { nowMs, endedBeforeMs, limit }: { nowMs: number; endedBeforeMs: number; limit: number },
): Promise<number> {
  const { numDeletedRows } = await trx
    .deleteFrom('login')
    .where('id', 'in', (eb) =>
      eb
        .selectFrom('login')
        .select('id')
        .where((or) =>
          or.or([or('expires_at', '<=', String(nowMs)), or('ended_at', '<=', String(endedBeforeMs))]),
        )
        .limit(limit),
    )
    .executeTakeFirstOrThrow()
  return Number(numDeletedRows)
}
