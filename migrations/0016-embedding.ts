import { type Kysely, sql } from 'kysely'

/** Whose pages may embed an app's conversation page. */
export async function up(db: Kysely<unknown>): Promise<void> {
  // null: ALLOWED_ORIGINS
  await sql`
    alter table app add allowed_origins text[]
    check (array_to_string(allowed_origins, ' ') ~ '^(https?://[][a-z0-9.:-]+( |$))*$')`.execute(db)
}
