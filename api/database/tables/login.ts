import type { Generated } from 'kysely'

/** One time that a user logged in; the tokens that came of it name it. */
export interface LoginTable {
  id: string
  user_id: string
  created_at: string
  expires_at: string
  ended_at: Generated<string | null>
}
