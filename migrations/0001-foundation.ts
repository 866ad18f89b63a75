import { type Kysely, sql } from 'kysely'

/**
 * Columns named `v` are stamps: integer milliseconds given out by the app's clock, one per transaction.
 * Hot rows leave room on their page (fillfactor), so that updating them touches no index.
 */
export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`
    create table app (
      id bigint generated always as identity primary key,
      key text not null unique,
      -- kept readable: clients present md5(secret + date), so a hash of it could not be checked
      secret text not null,
      name text not null,
      created_at bigint not null
    )`.execute(db)

  // One row per app. Its lock is held from stamp to commit, so stamps order commits.
  await sql`
    create table app_clock (
      app_id bigint primary key references app,
      v bigint not null
    ) with (fillfactor = 10, autovacuum_vacuum_threshold = 1000)`.execute(db)

  await sql`
    create table app_user (
      id bigint generated always as identity primary key,
      app_id bigint not null references app,
      email text not null,
      -- null: an account made by an administrator that cannot log in yet
      password_hash text,
      name text not null,
      role text not null default 'user',
      status text not null default 'active',
      job_title text not null default '',
      phone text not null default '',
      address text not null default '',
      avatar_url text not null default '',
      is_deleted boolean not null default false,
      created_at bigint not null,
      v bigint not null
    )`.execute(db)
  // log in, and refuse a second account: where app_id = ? and email = ?
  await sql`create unique index app_user_email on app_user (app_id, email)`.execute(db)

  await sql`
    create table session (
      id bigint generated always as identity primary key,
      app_id bigint not null references app,
      type text not null,
      -- p2p: '<smaller user id>:<larger user id>', single: '<user id>', group: null
      pair_key text,
      creator_id bigint not null references app_user,
      name text not null default '',
      -- null until somebody renames the group: then it is no longer named after its members
      name_changed boolean,
      secure_type text not null default 'private',
      description text not null default '',
      avatar_url text not null default '',
      -- stamp of the last membership change: max(created_at) over all member rows, tombstones included
      mts bigint not null,
      is_deleted boolean not null default false,
      created_at bigint not null,
      v bigint not null
    )`.execute(db)
  // get or create the session of a pair, or a user's own: where app_id = ? and type = ? and pair_key = ?
  await sql`create unique index session_pair on session (app_id, type, pair_key)`.execute(db)

  // What every message changes about its session, apart from the session's own facts.
  await sql`
    create table session_head (
      session_id bigint primary key references session,
      -- messages ever stored; a member's unread is this minus conversation.read_count
      message_count bigint not null default 0,
      last_message_id bigint,
      v bigint not null
    ) with (fillfactor = 50)`.execute(db)

  await sql`
    create table session_member (
      id bigint generated always as identity primary key,
      session_id bigint not null references session,
      user_id bigint not null references app_user,
      role text not null,
      status text not null default 'active',
      is_deleted boolean not null default false,
      -- last membership change (added, revived, removed), not row creation
      created_at bigint not null,
      v bigint not null
    )`.execute(db)
  // is this user a member; all members of a session: where session_id = ? [and user_id = ?]
  await sql`create unique index session_member_user on session_member (session_id, user_id)`.execute(db)

  // A member's own side of a session, one row per member row and with the same id, made together with it.
  await sql`
    create table conversation (
      user_id bigint not null references app_user,
      session_id bigint not null references session,
      id bigint not null references session_member,
      -- p2p: the other user
      peer_id bigint references app_user,
      -- session_head.message_count up to which the member has read
      read_count bigint not null,
      -- ... when the member came: the conversation shows from the next message on
      joined_count bigint not null,
      -- ... when the member was removed, with the last message then: the conversation is frozen there
      left_count bigint,
      left_message_id bigint,
      -- ... when the member deleted the conversation: the next message brings it back
      deleted_count bigint,
      is_top boolean not null default false,
      -- the member's own name for it, null: the peer's or the session's name
      name text,
      created_at bigint not null,
      v bigint not null,
      -- the conversation list: where user_id = ?; a sender's read position: and session_id = ?
      primary key (user_id, session_id)
    ) with (fillfactor = 70)`.execute(db)
  // a conversation named by its wire id: where user_id = ? and id = ?
  await sql`create unique index conversation_id on conversation (id)`.execute(db)

  // No foreign keys here: the statement that stores messages joins session and member anyway, and
  // key checks would cost a lookup and a row lock per message.
  await sql`
    create table message (
      id bigint generated always as identity,
      session_id bigint not null,
      -- position in the session, from 1 without gaps
      seq bigint not null,
      -- null: a system message
      sender_id bigint,
      -- whose request stored it; null: the server itself
      actor_id bigint,
      type text not null,
      content text not null,
      client_message_id text,
      is_deleted boolean not null default false,
      created_at bigint not null,
      v bigint not null,
      -- one message: where session_id = ? and id = ?
      primary key (session_id, id)
    )`.execute(db)
  // delta: where session_id = ? and v > ? order by v
  await sql`create index message_delta on message (session_id, v)`.execute(db)
  // history: where session_id = ? and created_at < ? order by created_at desc
  await sql`create index message_history on message (session_id, created_at)`.execute(db)
  // a repeated send: where session_id = ? and actor_id = ? and client_message_id = ?
  await sql`
    create unique index message_client_id on message (session_id, actor_id, client_message_id)
    where client_message_id is not null`.execute(db)

  // What push still has to be told. One row per topic and kind: announcing again replaces the stamp.
  await sql`
    create table outbox (
      topic text not null,
      kind text not null,
      syncs jsonb not null,
      mts bigint,
      v bigint not null,
      -- a drain is at work on the row until then
      leased_until timestamptz not null default '-infinity',
      primary key (topic, kind)
    ) with (fillfactor = 50, autovacuum_vacuum_threshold = 1000)`.execute(db)
}
