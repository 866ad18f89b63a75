import type { Insertable, Selectable, Updateable } from 'kysely'
import type { Db, Trx } from '../database/database.js'
import type { EmojiTable } from '../database/tables/emoji.js'

export type EmojiRow = Selectable<EmojiTable>

export function findEmoji(db: Db, appId: string, id: string): Promise<EmojiRow | undefined> {
  return db
    .selectFrom('emoji')
    .selectAll()
    .where('app_id', '=', appId)
    .where('id', '=', id)
    .where('is_deleted', '=', false)
    .executeTakeFirst()
}

/** The emoji of that name: the live one, or else the one that was deleted last. */
export function findEmojiByName(db: Db, appId: string, name: string): Promise<EmojiRow | undefined> {
  return db
    .selectFrom('emoji')
    .selectAll()
    .where('app_id', '=', appId)
    .where('name', '=', name)
    .orderBy('is_deleted')
    .orderBy('v', 'desc')
    .limit(1)
    .executeTakeFirst()
}

export function reviveEmoji(trx: Trx, id: string, fields: Updateable<EmojiTable>): Promise<EmojiRow> {
  return trx
    .updateTable('emoji')
    .set({ ...fields, is_deleted: false })
    .where('id', '=', id)
    .returningAll()
    .executeTakeFirstOrThrow()
}

export function insertEmoji(trx: Trx, row: Insertable<EmojiTable>): Promise<EmojiRow> {
  return trx.insertInto('emoji').values(row).returningAll().executeTakeFirstOrThrow()
}

/** Undefined when there is none (any more). */
export function updateEmoji(
  trx: Trx,
  appId: string,
  id: string,
  change: Updateable<EmojiTable>,
): Promise<EmojiRow | undefined> {
  return trx
    .updateTable('emoji')
    .set(change)
    .where('app_id', '=', appId)
    .where('id', '=', id)
    .where('is_deleted', '=', false)
    .returningAll()
    .executeTakeFirst()
}
