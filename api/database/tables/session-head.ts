import type { Generated } from 'kysely'

/** What every message changes about its session. */
export interface SessionHeadTable {
  session_id: string
  message_count: Generated<string>
  last_message_id: string | null
  v: string
}
