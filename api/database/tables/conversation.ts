import type { Generated } from 'kysely'

/** A member's own side of a session. Counts are values of `session_head.message_count`. */
export interface ConversationTable {
  user_id: string
  session_id: string
  id: string
  peer_id: string | null
  read_count: string
  joined_count: string
  left_count: string | null
  left_message_id: string | null
  left_name: string | null
  left_avatar_url: string | null
  deleted_count: string | null
  is_top: Generated<boolean>
  name: string | null
  reminder_text: string | null
  reminder_at: string | null
  reminder_count: string | null
  created_at: string
  v: string
}
