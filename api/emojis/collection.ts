import type { EmojiObject } from '../../shared/wire/emojis.js'
import { toIso } from '../../shared/wire/time.js'
import type { Db } from '../database/database.js'
import type { Collection } from '../sync/collection.js'
import type { EmojiRow } from './store.js'

/** An app's emojis, deleted ones included: everybody in the app sees them. */
export const emojis: Collection<{ appId: string }, EmojiRow, EmojiObject> = {
  name: 'emojis',
  filterColumns: ['package', 'name'],
  // Old clients never ask for a second page. (yun2win.md §3 #17)
  defaultLimit: 1000,
  rows: (db: Db, { appId }) => db.selectFrom('emoji').selectAll().where('app_id', '=', appId),
  present: presentEmoji,
}

export function presentEmoji(row: EmojiRow): EmojiObject {
  return {
    id: row.id,
    package: row.package,
    type: row.type,
    name: row.name,
    url: row.url,
    width: row.width,
    height: row.height,
    isDelete: row.is_deleted,
    createdAt: toIso(Number(row.created_at)),
    updatedAt: toIso(Number(row.v)),
  }
}
