/** A message that shows an attachment. `created_at` is the stamp of the change. */
export interface AttachmentReferenceTable {
  attachment_id: string
  session_id: string
  message_id: string
  created_at: string
}
