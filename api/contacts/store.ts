import type { Selectable, Updateable } from 'kysely'
import type { Stamp } from '../../shared/wire/time.js'
import type { Db, Trx } from '../database/database.js'
import type { ContactTable } from '../database/tables/contact.js'

export type ContactRow = Selectable<ContactTable>

export function findContact(db: Db, ownerId: string, userId: string): Promise<ContactRow | undefined> {
  return db
    .selectFrom('contact')
    .selectAll()
    .where('owner_id', '=', ownerId)
    .where('user_id', '=', userId)
    .executeTakeFirst()
}

export function findContactById(db: Db, ownerId: string, id: string): Promise<ContactRow | undefined> {
  return db
    .selectFrom('contact')
    .selectAll()
    .where('owner_id', '=', ownerId)
    .where('id', '=', id)
    .executeTakeFirst()
}

export function insertContact(trx: Trx, stamp: Stamp, ownerId: string, userId: string): Promise<ContactRow> {
  const v = String(stamp)
  return trx
    .insertInto('contact')
    .values({ owner_id: ownerId, user_id: userId, created_at: v, shown_v: v, v })
    .returningAll()
    .executeTakeFirstOrThrow()
}

export function changeContact(
  trx: Trx,
  stamp: Stamp,
  id: string,
  change: Updateable<ContactTable>,
): Promise<ContactRow> {
  const v = String(stamp)
  return trx
    .updateTable('contact')
    .set({ ...change, ...(change.is_deleted !== undefined && { shown_v: v }), v })
    .where('id', '=', id)
    .returningAll()
    .executeTakeFirstOrThrow()
}
