import { type Kysely, sql } from 'kysely'

/** What a user's files take, files that are being stored, and what clean-ups look for. */
export async function up(db: Kysely<unknown>): Promise<void> {
  // Set from the row's making until its blob is kept. Whoever cleans up takes it away before the blob.
  await sql`alter table attachment add column is_storing boolean not null default false`.execute(db)
  // what a user's files take: sum(size) where uploader_id = ? and (not is_deleted or is_storing)
  await sql`
    create index attachment_usage on attachment (uploader_id) include (size)
    where uploader_id is not null and (not is_deleted or is_storing)`.execute(db)
  // is it in use as the avatar that a removed member still sees: where substring(...) = ?
  await sql`
    create index conversation_left_avatar_attachment
    on conversation ((substring(left_avatar_url from 'attachments/([0-9]+)/')))
    where left_avatar_url like '%attachments/%'`.execute(db)
  // clean-up: where expires_at <= ?
  await sql`create index invite_expiry on invite (expires_at)`.execute(db)
}
