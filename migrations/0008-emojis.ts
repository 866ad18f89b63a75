import { type Kysely, sql } from 'kysely'

/** An app's own pictures to be typed as `[name]`. */
export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`
    create table emoji (
      id bigint generated always as identity primary key,
      app_id bigint not null references app,
      package text not null,
      type text not null,
      name text not null,
      url text not null,
      width int not null,
      height int not null,
      is_deleted boolean not null default false,
      created_at bigint not null,
      v bigint not null
    )`.execute(db)
  // delta: where app_id = ? and v > ? order by v
  await sql`create index emoji_delta on emoji (app_id, v)`.execute(db)
  // is an attachment in use: where substring(url from 'attachments/([0-9]+)/') = ?
  await sql`
    create index emoji_attachment on emoji ((substring(url from 'attachments/([0-9]+)/')))
    where url like '%attachments/%'`.execute(db)
}
