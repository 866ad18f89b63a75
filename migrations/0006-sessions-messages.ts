import { type Kysely, sql } from 'kysely'

/** Edited messages, invitations by e-mail, group sizes, and lists of sessions. */
export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`
    alter table message
      -- who edited or deleted it last; null: nobody, or the application
      add column editor_id bigint,
      -- of sender, type and content as they were sent, once it was edited: a late repeat of the send is known by it
      add column sent_hash text`.execute(db)
  // frozen conversations that show a message which is edited: where left_message_id = ?
  await sql`
    create index conversation_left_message on conversation (left_message_id)
    where left_message_id is not null`.execute(db)

  await sql`
    alter table app
      -- live members a group may have; null: what the settings say
      add column group_size_limit integer`.execute(db)
  // an administrator's list: where app_id = ? and v > ? order by v
  await sql`create index session_delta on session (app_id, v)`.execute(db)

  // An invitation by e-mail is a member row without a user, until the address has an account.
  await sql`
    alter table session_member
      alter column user_id drop not null,
      add column email text,
      add column invite_count integer not null default 0,
      add constraint session_member_who check ((user_id is null) <> (email is null))`.execute(db)
  // was this address invited: where session_id = ? and email = ?
  await sql`
    create unique index session_member_email on session_member (session_id, email)
    where email is not null`.execute(db)

  // One row per mail: what has to be written, and afterwards what its key opens. The key itself is stored nowhere.
  await sql`
    create table invite (
      id bigint generated always as identity primary key,
      app_id bigint not null references app,
      session_id bigint not null references session,
      member_id bigint not null references session_member,
      email text not null,
      -- null: the application
      inviter_id bigint references app_user,
      -- sha256 of the key; null until the mail is written
      key_hash text,
      created_at bigint not null,
      expires_at bigint not null,
      mailed_at bigint,
      attempts integer not null default 0,
      -- somebody is at work on it until then
      due_at timestamptz not null default '-infinity'
    )`.execute(db)
  // accept: where key_hash = ?
  await sql`create unique index invite_key on invite (key_hash)`.execute(db)
  // all of a member row: where member_id = ?
  await sql`create index invite_member on invite (member_id)`.execute(db)
  // mails to be written: where mailed_at is null and due_at < now
  await sql`create index invite_due on invite (due_at) where mailed_at is null`.execute(db)
}
