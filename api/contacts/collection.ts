import { sql } from 'kysely'
import type { ContactObject } from '../../shared/wire/contacts.js'
import { toIso } from '../../shared/wire/time.js'
import type { Db } from '../database/database.js'
import { type Collection, MAX_LIMIT, type SyncedRow } from '../sync/collection.js'

interface Row extends SyncedRow {
  user_id: string
  name: string
  title: string
  remark: string
  email: string
  avatar_url: string
  pinyin: string[]
  title_pinyin: string[]
  is_deleted: boolean
  created_at: string
}

interface ContactScope {
  ownerId: string
  /** Only this one. */
  contactId?: string
}

/**
 * A user's contacts. Name, account and avatar are the other users' own, read through, so a contact has changed
 * when the user has: one stamp on the user instead of one per list. Who is deleted as a user is no contact.
 */
export const contacts: Collection<ContactScope, Row, ContactObject> = {
  name: 'contacts',
  filterColumns: ['name', 'email'],
  // Old clients never ask for a second page. (yun2win.md §3 #17)
  defaultLimit: MAX_LIMIT,
  rows: (db: Db, { ownerId, contactId }) =>
    db
      .selectFrom('contact as c')
      .innerJoin('app_user as u', 'u.id', 'c.user_id')
      .where('c.owner_id', '=', ownerId)
      .$if(contactId !== undefined, (contacts) => contacts.where('c.id', '=', contactId as string))
      .select(['c.id', 'c.user_id', 'u.name', 'c.title', 'c.remark', 'u.email', 'u.avatar_url'])
      .select(['u.pinyin', 'c.title_pinyin', 'c.created_at'])
      .select([
        sql<boolean>`c.is_deleted or u.is_deleted`.as('is_deleted'),
        sql<string>`greatest(c.v, u.v)`.as('v'),
      ]),
  present: (row) => ({
    id: row.id,
    userId: row.user_id,
    name: row.name,
    title: row.title,
    // Of somebody who is no contact any more only as much is told as of anybody.
    remark: row.is_deleted ? '' : row.remark,
    email: row.is_deleted ? '' : row.email,
    avatarUrl: row.avatar_url,
    pinyin: row.pinyin,
    titlePinyin: row.title_pinyin,
    isDelete: row.is_deleted,
    createdAt: toIso(Number(row.created_at)),
    updatedAt: toIso(Number(row.v)),
  }),
}
