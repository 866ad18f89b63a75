import { type Kysely, sql } from 'kysely'

/** Logins that can be ended, how an app treats a user's devices, and who was last seen when. */
export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`
    create table login (
      id uuid primary key,
      user_id bigint not null references app_user,
      created_at bigint not null,
      expires_at bigint not null,
      -- ms; null while it holds
      ended_at bigint
    )`.execute(db)
  // ending the others: where user_id = ? and ended_at is null; may this login act: where user_id = ? and ended_at …
  await sql`create index login_of_user on login (user_id)`.execute(db)
  // what push asks at its start: where ended_at > ?
  await sql`create index login_ended on login (ended_at) where ended_at is not null`.execute(db)
  // clean-up: where expires_at <= ?
  await sql`create index login_expiry on login (expires_at)`.execute(db)

  // null: DEVICE_POLICY
  await sql`alter table app add device_policy text check (device_policy in ('many', 'kick'))`.execute(db)

  await sql`
    create table presence (
      user_id bigint primary key references app_user,
      -- the push server that told
      node text not null,
      is_online boolean not null,
      -- ms
      changed_at bigint not null
    )`.execute(db)
  // a push server starts: where node = ? and is_online
  await sql`create index presence_online on presence (node) where is_online`.execute(db)
}
