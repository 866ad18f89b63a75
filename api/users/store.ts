import { type Insertable, type Selectable, sql, type Updateable } from 'kysely'
import type { Stamp } from '../../shared/wire/time.js'
import type { Db, Trx } from '../database/database.js'
import type { AppUserTable } from '../database/tables/app-user.js'

export type UserRow = Selectable<AppUserTable>

export function findUser(db: Db, appId: string, userId: string): Promise<UserRow | undefined> {
  return db
    .selectFrom('app_user')
    .selectAll()
    .where('app_id', '=', appId)
    .where('id', '=', userId)
    .executeTakeFirst()
}

export function findUserByEmail(db: Db, appId: string, email: string): Promise<UserRow | undefined> {
  return db
    .selectFrom('app_user')
    .selectAll()
    .where('app_id', '=', appId)
    .where('email', '=', email)
    .executeTakeFirst()
}

/** Live users with exactly this account or name, the one with the account first. */
export async function searchUsers(
  db: Db,
  appId: string,
  term: { account: string; name: string },
  page: { newerThan: Stamp; limit: number; offset: number },
): Promise<{ rows: UserRow[]; totalCount: number }> {
  const found = await db
    .selectFrom('app_user')
    .selectAll()
    .select(sql<string>`count(*) over ()`.as('total'))
    .where('app_id', '=', appId)
    .where('is_deleted', '=', false)
    .where('status', '=', 'active')
    .where((eb) => eb.or([eb('email', '=', term.account), eb('name', '=', term.name)]))
    .where('v', '>', String(page.newerThan))
    .orderBy(sql`email = ${term.account}`, 'desc')
    .orderBy('id')
    .limit(page.limit)
    .offset(page.offset)
    .execute()
  return { rows: found, totalCount: Number(found[0]?.total ?? 0) }
}

export function insertUser(trx: Trx, user: Insertable<AppUserTable>): Promise<UserRow> {
  return trx.insertInto('app_user').values(user).returningAll().executeTakeFirstOrThrow()
}

/** The one stamp that contacts, members and conversations of others show the change by. */
export function changeUser(
  trx: Trx,
  stamp: Stamp,
  userId: string,
  change: Updateable<AppUserTable>,
): Promise<UserRow> {
  return trx
    .updateTable('app_user')
    .set({ ...change, v: String(stamp) })
    .where('id', '=', userId)
    .returningAll()
    .executeTakeFirstOrThrow()
}

/** False when the hash is no longer `before`. Nobody is shown it, so it needs no stamp. */
export async function replacePasswordHash(
  db: Db,
  userId: string,
  before: string,
  after: string,
): Promise<boolean> {
  const result = await db
    .updateTable('app_user')
    .set({ password_hash: after })
    .where('id', '=', userId)
    .where('password_hash', '=', before)
    .executeTakeFirst()
  return result.numUpdatedRows > 0n
}
