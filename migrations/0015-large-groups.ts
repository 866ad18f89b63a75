import { type Kysely, sql } from 'kysely'

/** So that who is in a large group, and who has changed there, is found without reading all its members. */
export async function up(db: Kysely<unknown>): Promise<void> {
  // delta of the members: where session_id = ? and v > ?
  await sql`create index session_member_delta on session_member (session_id, v)`.execute(db)
  // whom push leaves out of a session's members: where id = ? and is_deleted
  await sql`create index app_user_deleted on app_user (id) where is_deleted`.execute(db)
}
