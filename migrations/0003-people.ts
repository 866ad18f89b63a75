import { type Kysely, sql } from 'kysely'

/** How names sound, reminders, and how often people log in. */
export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`
    alter table app_user
      -- the name in Latin letters: its syllables in one, and their initials; for lists and search in clients
      add column pinyin text[] not null default '{}'`.execute(db)
  // Without a new stamp, so clients are not told of it: before this step no list that they hold had pinyin at all,
  // contacts, which need it, come with the next step, and a row that was read without it lacks only a way to search
  // until the user changes next. Stamping every user anew would send all of them to everybody.
  await sql`update app_user set pinyin = array[lower(name)] where name <> ''`.execute(db)
  // an administrator's delta of all users: where app_id = ? and v > ? order by v
  await sql`create index app_user_delta on app_user (app_id, v)`.execute(db)
  // search by name: where app_id = ? and name = ?, live ones only
  await sql`create index app_user_name on app_user (app_id, name) where not is_deleted`.execute(db)

  await sql`
    alter table conversation
      -- a reminder shows as the last message until a newer one comes: its text, when, and
      -- session_head.message_count at that time
      add column reminder_text text,
      add column reminder_at bigint,
      add column reminder_count bigint`.execute(db)

  await sql`
    create table login_record (
      app_id bigint not null references app,
      -- in UTC
      day date not null,
      user_id bigint not null references app_user,
      count integer not null,
      -- the logins of a day: where app_id = ? and day = ?
      primary key (app_id, day, user_id)
    )`.execute(db)
}
