import type { Generated } from 'kysely'
import type { MemberRole } from '../../../shared/wire/objects.js'

/** A membership as everybody in the session sees it; kept as a tombstone after removal. */
export interface SessionMemberTable {
  id: Generated<string>
  session_id: string
  /** Null: somebody who was invited by e-mail and has no account yet; then there is an `email`. */
  user_id: string | null
  email: Generated<string | null>
  /** How often the e-mail address was invited. */
  invite_count: Generated<number>
  role: MemberRole
  status: Generated<string>
  is_deleted: Generated<boolean>
  created_at: string
  /** When the user came for the first time; null as long as there is only an `email`. */
  joined_v: Generated<string | null>
  v: string
}
