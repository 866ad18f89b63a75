import { type Kysely, sql } from 'kysely'

/** What clean-ups look for: avatars that users had, which those who were removed then still see. */
export async function up(db: Kysely<unknown>): Promise<void> {
  // is it in use as an avatar of then: where substring(...) = ?
  await sql`
    create index app_user_past_avatar_attachment
    on app_user_past ((substring(avatar_url from 'attachments/([0-9]+)/')))
    where avatar_url like '%attachments/%'`.execute(db)
}
