import { type Kysely, sql } from 'kysely'

/** So that whoever comes or goes costs the same in a group of any size. */
export async function up(db: Kysely<unknown>): Promise<void> {
  // the oldest members (the group's name, a successor), and how many there are: where session_id = ? order by id
  await sql`
    create index session_member_live on session_member (session_id, id)
    where not is_deleted and status = 'active'`.execute(db)
  // who runs the group: where session_id = ? and role = ?
  await sql`
    create index session_member_staff on session_member (session_id)
    where role in ('master', 'admin') and not is_deleted`.execute(db)
  // a session is deleted, and with it the mails that invite into it: where session_id = ?
  await sql`create index invite_unsent on invite (session_id) where mailed_at is null`.execute(db)
}
