import type { Generated } from 'kysely'

export interface AppUserTable {
  id: Generated<string>
  app_id: string
  email: string
  password_hash: string | null
  name: string
  pinyin: Generated<string[]>
  role: Generated<string>
  status: Generated<string>
  job_title: Generated<string>
  phone: Generated<string>
  address: Generated<string>
  avatar_url: Generated<string>
  is_deleted: Generated<boolean>
  created_at: string
  v: string
}
