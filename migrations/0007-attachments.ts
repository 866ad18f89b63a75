import { type Kysely, sql } from 'kysely'

/**
 * Uploaded files. They are not synced, so their times are the wall clock's and no stamps. A row comes first
 * and is born deleted; it comes alive when its blob is stored: so there is never a blob without a row, and
 * what a crash leaves behind is found here.
 */
export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`
    create table attachment (
      id bigint generated always as identity primary key,
      app_id bigint not null references app,
      -- null: uploaded by an administrator
      uploader_id bigint references app_user,
      -- names it in URLs that need no token: random, never made from the content
      url_key text not null,
      file_name text not null,
      -- what it is served as: an image type that the bytes were found to be, else application/octet-stream
      content_type text not null,
      size bigint not null,
      -- of images, as they are shown
      width int,
      height int,
      -- null: its blobs are gone
      blob text,
      -- of images: bytes of the thumbnail, which is stored beside the blob
      thumbnail_size int,
      is_deleted boolean not null,
      -- when to look whether anything refers to it
      check_after bigint not null,
      created_at bigint not null,
      updated_at bigint not null
    )`.execute(db)
  // orphans: where check_after <= ? and not is_deleted order by check_after
  await sql`create index attachment_check on attachment (check_after) where not is_deleted`.execute(db)
  // blobs to remove: where is_deleted and blob is not null and updated_at <= ?
  await sql`
    create index attachment_leftover on attachment (updated_at)
    where is_deleted and blob is not null`.execute(db)

  // Which messages name an attachment now, put there by somebody who might read it. The key also holds off the removal of an attachment that is being sent.
  await sql`
    create table attachment_reference (
      attachment_id bigint not null references attachment,
      session_id bigint not null,
      message_id bigint not null,
      created_at bigint not null,
      -- who may read it, is it in use: where attachment_id = ?
      primary key (attachment_id, session_id, message_id)
    )`.execute(db)

  // is it in use as an avatar: where substring(avatar_url from 'attachments/([0-9]+)/') = ?
  await sql`
    create index app_user_avatar_attachment on app_user ((substring(avatar_url from 'attachments/([0-9]+)/')))
    where avatar_url like '%attachments/%'`.execute(db)
  await sql`
    create index session_avatar_attachment on session ((substring(avatar_url from 'attachments/([0-9]+)/')))
    where avatar_url like '%attachments/%'`.execute(db)
  await sql`
    create index favourite_avatar_attachment on favourite ((substring(avatar_url from 'attachments/([0-9]+)/')))
    where avatar_url like '%attachments/%'`.execute(db)
}
