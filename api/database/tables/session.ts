import type { Generated } from 'kysely'
import type { SessionType } from '../../../shared/wire/session-types.js'

export interface SessionTable {
  id: Generated<string>
  app_id: string
  type: SessionType
  pair_key: string | null
  creator_id: string
  name: Generated<string>
  name_changed: boolean | null
  secure_type: Generated<string>
  description: Generated<string>
  avatar_url: Generated<string>
  mts: string
  is_deleted: Generated<boolean>
  created_at: string
  v: string
}
