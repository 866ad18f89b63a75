import type { AttachmentObject } from '../../shared/wire/attachments.js'
import { toIso } from '../../shared/wire/time.js'
import type { AttachmentRow } from './store.js'

export function presentAttachment(row: AttachmentRow): AttachmentObject {
  return {
    id: row.id,
    fileName: row.file_name,
    size: Number(row.size),
    md5: row.url_key,
    ...(row.width !== null && row.height !== null && { width: row.width, height: row.height }),
    isDelete: row.is_deleted,
    createdAt: toIso(Number(row.created_at)),
    updatedAt: toIso(Number(row.updated_at)),
  }
}
