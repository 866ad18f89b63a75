import { type Kysely, sql } from 'kysely'

/**
 * The conversation of a removed member keeps the session's name and avatar of that moment too: it no longer
 * changes, so what it shows must not change either.
 */
export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`
    alter table conversation
      add column left_name text,
      add column left_avatar_url text`.execute(db)
  await sql`
    update conversation c set left_name = s.name, left_avatar_url = s.avatar_url
    from session s where s.id = c.session_id and c.left_count is not null`.execute(db)
}
