import { type Kysely, sql } from 'kysely'

/**
 * People who are gone: deleted users who still have groups to leave, and what members and users looked like
 * before they changed, for the lists of those who were removed before that.
 */
export async function up(db: Kysely<unknown>): Promise<void> {
  // Deleted users whose groups are not all without them yet. The row goes when they are.
  await sql`
    create table departure (
      user_id bigint primary key references app_user,
      app_id bigint not null references app
    )`.execute(db)
  await sql`insert into departure (user_id, app_id) select id, app_id from app_user where is_deleted`.execute(
    db,
  )

  await sql`
    create table session_member_past (
      id bigint not null,
      session_id bigint not null,
      user_id bigint,
      email text,
      invite_count integer not null,
      role text not null,
      status text not null,
      is_deleted boolean not null,
      created_at bigint not null,
      v bigint not null,
      -- members as of a stamp: where session_id = ? and v <= ?, the newest of each id
      primary key (session_id, id, v)
    )`.execute(db)
  await sql`
    create table app_user_past (
      id bigint not null,
      name text not null,
      pinyin text[] not null,
      avatar_url text not null,
      v bigint not null,
      -- a user as of a stamp: where id = ? and v <= ? order by v desc
      primary key (id, v)
    )`.execute(db)
  // Those who were removed before this step see today's names.
  await sql`
    insert into app_user_past (id, name, pinyin, avatar_url, v)
    select id, name, pinyin, avatar_url, 0 from app_user`.execute(db)

  // Triggers, because a statement that changes a row and forgets its past would go unnoticed.
  await sql`
    create function keep_session_member_past() returns trigger language plpgsql as $$
    begin
      insert into session_member_past
        (id, session_id, user_id, email, invite_count, role, status, is_deleted, created_at, v)
      values (old.id, old.session_id, old.user_id, old.email, old.invite_count, old.role, old.status,
        old.is_deleted, old.created_at, old.v)
      on conflict do nothing;
      return null;
    end $$`.execute(db)
  await sql`
    create trigger keep_past after update on session_member for each row when (old.v <> new.v)
    execute function keep_session_member_past()`.execute(db)
  await sql`
    create function keep_app_user_past() returns trigger language plpgsql as $$
    begin
      insert into app_user_past (id, name, pinyin, avatar_url, v)
      values (old.id, old.name, old.pinyin, old.avatar_url, old.v)
      on conflict do nothing;
      return null;
    end $$`.execute(db)
  await sql`
    create trigger keep_past after update on app_user for each row when (old.v <> new.v)
    execute function keep_app_user_past()`.execute(db)
}
