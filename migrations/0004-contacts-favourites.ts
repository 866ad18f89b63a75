import { type Kysely, sql } from 'kysely'

/** What a user keeps: people and groups. One row per owner and target for life; deleting is a tombstone. */
export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`
    create table contact (
      id bigint generated always as identity primary key,
      owner_id bigint not null references app_user,
      user_id bigint not null references app_user,
      -- what the owner calls the user
      title text not null default '',
      title_pinyin text[] not null default '{}',
      remark text not null default '',
      is_deleted boolean not null default false,
      created_at bigint not null,
      v bigint not null
    )`.execute(db)
  // the list, and one contact: where owner_id = ? [and user_id = ?]
  await sql`create unique index contact_owner on contact (owner_id, user_id)`.execute(db)
  // who should know of a user's new profile: where user_id = ? and owner_id > ? order by owner_id, live ones
  await sql`create index contact_user on contact (user_id, owner_id) where not is_deleted`.execute(db)

  await sql`
    create table favourite (
      id bigint generated always as identity primary key,
      owner_id bigint not null references app_user,
      session_id bigint not null references session,
      -- the owner's own name and avatar for it, null: the session's
      name text,
      avatar_url text,
      is_deleted boolean not null default false,
      created_at bigint not null,
      v bigint not null
    )`.execute(db)
  // the list, and one favourite: where owner_id = ? [and session_id = ?]
  await sql`create unique index favourite_owner on favourite (owner_id, session_id)`.execute(db)
  // who should know of a session's new name: where session_id = ? and owner_id > ? order by owner_id, live ones
  await sql`create index favourite_session on favourite (session_id, owner_id) where not is_deleted`.execute(
    db,
  )
}
