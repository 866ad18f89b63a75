import type { Generated } from 'kysely'

export interface MessageTable {
  id: Generated<string>
  session_id: string
  seq: string
  sender_id: string | null
  actor_id: string | null
  type: string
  content: string
  client_message_id: string | null
  is_deleted: Generated<boolean>
  editor_id: Generated<string | null>
  sent_hash: Generated<string | null>
  created_at: string
  v: string
}
