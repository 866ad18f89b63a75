import type { Generated } from 'kysely'

/** A mail that invites an address into a group: to be written, then waiting for its key to be used. */
export interface InviteTable {
  id: Generated<string>
  app_id: string
  session_id: string
  member_id: string
  email: string
  inviter_id: string | null
  key_hash: Generated<string | null>
  created_at: string
  expires_at: string
  mailed_at: Generated<string | null>
  attempts: Generated<number>
  due_at: Generated<Date>
}
