import type { Generated } from 'kysely'

/** A group that a user keeps at hand; kept as a tombstone after removal. */
export interface FavouriteTable {
  id: Generated<string>
  owner_id: string
  session_id: string
  name: string | null
  avatar_url: string | null
  is_deleted: Generated<boolean>
  created_at: string
  v: string
}
