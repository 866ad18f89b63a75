import type { Generated } from 'kysely'

/** A user in another user's list; kept as a tombstone after removal. */
export interface ContactTable {
  id: Generated<string>
  owner_id: string
  user_id: string
  title: Generated<string>
  title_pinyin: Generated<string[]>
  remark: Generated<string>
  is_deleted: Generated<boolean>
  created_at: string
  /** Last addition or removal. */
  shown_v: string
  v: string
}
