import type { Selectable } from 'kysely'
import type { Db } from '../database/database.js'
import type { AppTable } from '../database/tables/app.js'

export type AppRow = Selectable<AppTable>

export function findAppByKey(db: Db, key: string): Promise<AppRow | undefined> {
  return db.selectFrom('app').selectAll().where('key', '=', key).executeTakeFirst()
}

/** The app of a token that was verified: apps are never deleted. */
export function getAppById(db: Db, id: string): Promise<AppRow> {
  return db.selectFrom('app').selectAll().where('id', '=', id).executeTakeFirstOrThrow()
}

/** Creates an app with its clock, or gives the secret to the one that has this key already. */
export function ensureApp(
  db: Db,
  app: { key: string; secret: string; name: string; createdAt: number },
): Promise<AppRow> {
  return db.transaction().execute(async (trx) => {
    const row = await trx
      .insertInto('app')
      .values({ key: app.key, secret: app.secret, name: app.name, created_at: String(app.createdAt) })
      .onConflict((conflict) => conflict.column('key').doUpdateSet({ secret: app.secret }))
      .returningAll()
      .executeTakeFirstOrThrow()
    await trx
      .insertInto('app_clock')
      .values({ app_id: row.id, v: String(app.createdAt) })
      .onConflict((conflict) => conflict.column('app_id').doNothing())
      .execute()
    return row
  })
}
