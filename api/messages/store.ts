import { createHash } from 'node:crypto'
import { type Selectable, sql } from 'kysely'
import type { SessionType } from '../../shared/wire/session-types.js'
import type { Stamp } from '../../shared/wire/time.js'
import type { Db, Trx } from '../database/database.js'
import type { MessageTable } from '../database/tables/message.js'
import { cutToSize } from '../sync/collection.js'

export type MessageRow = Selectable<MessageTable>

/** A message on its way into the database. `actorId` is who asked; `senderId` null a system message. */
export interface Draft {
  sessionId: string
  actorId: string
  senderId: string | null
  type: string
  content: string
  clientMessageId: string | null
}

/** A draft that was stored: its place in the batch, its row, and the session to announce. */
export interface Stored {
  index: number
  row: MessageRow
  session: { type: SessionType; id: string; mts: Stamp }
}

/**
 * Stores a batch of drafts in one statement: the messages, one head per session, one read position per
 * sender (sending counts as reading), whatever the size of the sessions (I3). Leaves out drafts whose actor
 * is not a live member and those stored before under their client id (I6).
 * Drafts of one batch must not share a client id. Call it under the stamp: nobody else moves heads then.
 */
export async function appendMessages(
  trx: Trx,
  stamp: Stamp,
  appId: string,
  drafts: Draft[],
): Promise<Stored[]> {
  const { rows } = await sql<{
    ord: string
    id: string
    session_id: string
    seq: string
    session_type: SessionType
    mts: string
  }>`
    /* append */
    with draft as (
      select * from unnest(
        (select ${drafts.map((draft) => draft.sessionId)}::bigint[]),
        (select ${drafts.map((draft) => draft.actorId)}::bigint[]),
        (select ${drafts.map((draft) => draft.senderId)}::bigint[]),
        (select ${drafts.map((draft) => draft.type)}::text[]),
        (select ${drafts.map((draft) => draft.content)}::text[]),
        (select ${drafts.map((draft) => draft.clientMessageId)}::text[])
      ) with ordinality as d (session_id, actor_id, sender_id, type, content, client_message_id, ord)
    ), accepted as (
      select d.*, s.type as session_type, s.mts,
        h.message_count + row_number() over (partition by d.session_id order by d.ord) as seq
      from draft d
      join session s on s.id = d.session_id and s.app_id = ${appId} and not s.is_deleted
      join session_member m on m.session_id = d.session_id and m.user_id = d.actor_id
        and not m.is_deleted and m.status = 'active'
      join session_head h on h.session_id = d.session_id
      where not exists (
        select from message known
        where known.session_id = d.session_id and known.actor_id = d.actor_id
          and known.client_message_id = d.client_message_id
      )
    ), stored as (
      insert into message
        (session_id, seq, sender_id, actor_id, type, content, client_message_id, created_at, v)
      select session_id, seq, sender_id, actor_id, type, content, client_message_id, ${stamp}, ${stamp}
      from accepted order by ord
      returning id, session_id, seq, sender_id
    ), head as (
      update session_head h set message_count = newest.seq, last_message_id = newest.id, v = ${stamp}
      from (select session_id, max(seq) as seq, max(id) as id from stored group by session_id) newest
      where h.session_id = newest.session_id
    ), read_position as (
      update conversation c set read_count = sent.seq, v = ${stamp}
      from (
        select session_id, sender_id, max(seq) as seq from stored
        where sender_id is not null group by session_id, sender_id
      ) sent
      where c.user_id = sent.sender_id and c.session_id = sent.session_id
    )
    select ord, stored.id, session_id, seq, session_type, mts
    from stored join accepted using (session_id, seq)`.execute(trx)

  return rows.map((row) => {
    const index = Number(row.ord) - 1
    const draft = drafts[index] as Draft
    return {
      index,
      session: { type: row.session_type, id: row.session_id, mts: Number(row.mts) },
      row: {
        id: row.id,
        session_id: row.session_id,
        seq: row.seq,
        sender_id: draft.senderId,
        actor_id: draft.actorId,
        type: draft.type,
        content: draft.content,
        client_message_id: draft.clientMessageId,
        is_deleted: false,
        editor_id: null,
        sent_hash: null,
        created_at: String(stamp),
        v: String(stamp),
      },
    }
  })
}

/** A message of the server's own. Call it under the stamp. */
export async function insertSystemMessage(
  trx: Trx,
  stamp: Stamp,
  sessionId: string,
  content: string,
): Promise<void> {
  await sql`
    with stored as (
      insert into message (session_id, seq, type, content, created_at, v)
      select session_id, message_count + 1, 'system', ${content}, ${stamp}, ${stamp}
      from session_head where session_id = ${sessionId}
      returning id, session_id, seq
    )
    update session_head h set message_count = stored.seq, last_message_id = stored.id, v = ${stamp}
    from stored where h.session_id = stored.session_id`.execute(trx)
}

/** Messages ever stored in the session; 0 when there is no such session. */
export async function findMessageCount(db: Db, sessionId: string): Promise<number> {
  const head = await db
    .selectFrom('session_head')
    .select('message_count')
    .where('session_id', '=', sessionId)
    .executeTakeFirst()
  return Number(head?.message_count ?? 0)
}

/** What a repeated send stored the first time. */
export function findByClientId(
  db: Db,
  sessionId: string,
  actorId: string,
  clientMessageId: string,
): Promise<MessageRow | undefined> {
  return db
    .selectFrom('message')
    .selectAll()
    .where('session_id', '=', sessionId)
    .where('actor_id', '=', actorId)
    .where('client_message_id', '=', clientMessageId)
    .executeTakeFirst()
}

/**
 * However long messages are, a page of history holds so many: old clients, who ask for 20, take a page with
 * fewer than they asked for as the end. (yun2win.md §3 #14) Whoever asks for more goes on to an empty page.
 */
const HISTORY_MIN_ROWS = 100

/**
 * Messages strictly older than `before`, newest first, whole stamps at a time, so at least `limit` if there are;
 * of long ones fewer, but HISTORY_MIN_ROWS.
 */
export async function findHistory(
  db: Db,
  sessionId: string,
  page: { before: Stamp; limit: number; offset: number },
): Promise<MessageRow[]> {
  type Key = (typeof keys)[number]
  // The page is found by keys, so that what an offset skips, or what is too long, is not read.
  const keys = await db
    .selectFrom('message')
    .select(['id', 'seq', 'created_at', sql<number>`octet_length(content)`.as('length')])
    .where('session_id', '=', sessionId)
    .where('created_at', '<', String(page.before))
    .orderBy('created_at', 'desc')
    .fetch(page.offset + page.limit, 'with ties')
    .execute()
  const wanted = keys.sort(newestFirst).slice(page.offset)
  const ofMessage = { stamp: (row: Key) => row.created_at, bytes: (row: Key) => row.length }
  const minRows = Math.min(page.limit, HISTORY_MIN_ROWS)
  const ids = cutToSize(wanted, ofMessage, minRows).map(({ id }) => id)
  if (ids.length === 0) return []
  const rows = await db
    .selectFrom('message')
    .selectAll()
    .where('session_id', '=', sessionId)
    .where('id', 'in', ids)
    .execute()
  return rows.sort(newestFirst)
}

function newestFirst(a: { seq: string }, b: { seq: string }): number {
  return Number(b.seq) - Number(a.seq)
}

export function findMessage(db: Db, sessionId: string, messageId: string): Promise<MessageRow | undefined> {
  return db
    .selectFrom('message')
    .selectAll()
    .where('session_id', '=', sessionId)
    .where('id', '=', messageId)
    .executeTakeFirst()
}

/** What a message was when it was sent, short enough to be kept when it is edited. */
export function sentHash(sent: { senderId: string | null; type: string; content: string }): string {
  const facts = JSON.stringify([sent.senderId, sent.type, sent.content])
  return createHash('sha256').update(facts).digest('base64url')
}

/**
 * Replaces what a message says, in its old place. The head moves with it, and so every member's conversation: it
 * may show the message (yun2win.md §3 #25). Gives the removed members whose frozen conversation shows it; those
 * have moved too.
 */
export async function updateMessage(
  trx: Trx,
  stamp: Stamp,
  message: MessageRow,
  change: { type: string; content: string; isDeleted: boolean; editorId: string | null },
): Promise<{ row: MessageRow; frozenFor: string[] }> {
  const v = String(stamp)
  const { sender_id: senderId, type, content } = message
  const row = await trx
    .updateTable('message')
    .set({
      type: change.type,
      content: change.content,
      is_deleted: change.isDeleted,
      editor_id: change.editorId,
      sent_hash: message.sent_hash ?? sentHash({ senderId, type, content }),
      v,
    })
    .where('session_id', '=', message.session_id)
    .where('id', '=', message.id)
    .returningAll()
    .executeTakeFirstOrThrow()
  // Whichever message it is: a client that was away learns from its conversation list which sessions to pull.
  await trx.updateTable('session_head').set({ v }).where('session_id', '=', message.session_id).execute()
  const frozen = await trx
    .updateTable('conversation')
    .set({ v })
    .where('left_message_id', '=', message.id)
    .where('session_id', '=', message.session_id)
    .returning('user_id')
    .execute()
  return { row, frozenFor: frozen.map(({ user_id }) => user_id) }
}

/** The largest `seq` of some messages; 0 of none. */
export function newestOf(rows: Pick<MessageRow, 'seq'>[]): number {
  return rows.reduce((newest, { seq }) => Math.max(newest, Number(seq)), 0)
}
