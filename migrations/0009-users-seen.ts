import { type Kysely, sql } from 'kysely'

/** Since when somebody sees whom: stamps that never move once given, beside those that later changes move. */
export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`
    alter table session_member
      -- when the user came into the session for the first time; null: an invitation by e-mail still
      add column joined_v bigint`.execute(db)
  await sql`
    update session_member m set joined_v = least(m.created_at, c.created_at)
    from conversation c where c.id = m.id`.execute(db)
  // who came into a session since: where session_id = ? and joined_v > ?
  await sql`create index session_member_joined on session_member (session_id, joined_v)`.execute(db)

  await sql`
    alter table contact
      -- last addition or removal: what the owner calls the contact does not count
      add column shown_v bigint not null default 0`.execute(db)
  await sql`update contact set shown_v = v`.execute(db)

  // A time that a member was out of a session, once he is back. Of who came meanwhile he learns at back_v.
  await sql`
    create table absence (
      user_id bigint not null references app_user,
      session_id bigint not null references session,
      left_v bigint not null,
      back_v bigint not null,
      -- where user_id = ? and session_id = ?
      primary key (user_id, session_id, back_v)
    )`.execute(db)
}
