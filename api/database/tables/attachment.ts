import type { Generated } from 'kysely'

/** An uploaded file. Times are the wall clock's, in ms, and no stamps. */
export interface AttachmentTable {
  id: Generated<string>
  app_id: string
  uploader_id: string | null
  url_key: string
  file_name: string
  content_type: string
  size: string
  width: number | null
  height: number | null
  blob: string | null
  thumbnail_size: number | null
  is_deleted: boolean
  is_storing: Generated<boolean>
  check_after: string
  created_at: string
  updated_at: string
}
