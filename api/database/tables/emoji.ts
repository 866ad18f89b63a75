import type { Generated } from 'kysely'

export interface EmojiTable {
  id: Generated<string>
  app_id: string
  package: string
  type: string
  name: string
  url: string
  width: number
  height: number
  is_deleted: Generated<boolean>
  created_at: string
  v: string
}
