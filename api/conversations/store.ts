import { type Selectable, sql, type Updateable } from 'kysely'
import type { Stamp } from '../../shared/wire/time.js'
import type { Db, Trx } from '../database/database.js'
import type { ConversationTable } from '../database/tables/conversation.js'
import type { ReadMark } from './read-marks.js'

export type ConversationRow = Selectable<ConversationTable>

/** How far a user has read a session; undefined for strangers. */
export async function findReadCount(db: Db, userId: string, sessionId: string): Promise<number | undefined> {
  const row = await db
    .selectFrom('conversation')
    .select('read_count')
    .where('user_id', '=', userId)
    .where('session_id', '=', sessionId)
    .executeTakeFirst()
  return row && Number(row.read_count)
}

/** Moves read positions forward, never back, and gives the users whose position has moved, each once. */
export async function moveReadPositions(trx: Trx, stamp: Stamp, marks: ReadMark[]): Promise<string[]> {
  const { rows } = await sql<{ user_id: string }>`
    update conversation c set read_count = mark.read_count, v = ${stamp}
    from (
      select user_id, session_id, max(read_count) as read_count
      from unnest(
        ${marks.map((mark) => mark.userId)}::bigint[],
        ${marks.map((mark) => mark.sessionId)}::bigint[],
        ${marks.map((mark) => String(mark.readCount))}::bigint[]
      ) as m (user_id, session_id, read_count)
      group by user_id, session_id
    ) mark
    where c.user_id = mark.user_id and c.session_id = mark.session_id
      and c.read_count < mark.read_count and c.left_count is null
    returning c.user_id`.execute(trx)
  return [...new Set(rows.map((row) => row.user_id))]
}

/** A user's own side of a session, by the session. */
export function findConversation(
  db: Db,
  userId: string,
  sessionId: string,
): Promise<ConversationRow | undefined> {
  return db
    .selectFrom('conversation')
    .selectAll()
    .where('user_id', '=', userId)
    .where('session_id', '=', sessionId)
    .executeTakeFirst()
}

/** The same by its wire id. */
export function findConversationById(
  db: Db,
  userId: string,
  id: string,
): Promise<ConversationRow | undefined> {
  return db
    .selectFrom('conversation')
    .selectAll()
    .where('user_id', '=', userId)
    .where('id', '=', id)
    .executeTakeFirst()
}

/** Settings of its owner. */
export async function changeConversation(
  trx: Trx,
  stamp: Stamp,
  id: string,
  change: Updateable<ConversationTable>,
): Promise<void> {
  await trx
    .updateTable('conversation')
    .set({ ...change, v: String(stamp) })
    .where('id', '=', id)
    .execute()
}

/** Shows it in the list, deleted or without a message since its owner came as it may be. */
export async function showConversation(trx: Trx, stamp: Stamp, id: string): Promise<void> {
  await sql`
    update conversation c
    set deleted_count = null, v = ${stamp},
      joined_count = least(c.joined_count, coalesce(c.left_count, h.message_count) - 1)
    from session_head h
    where h.session_id = c.session_id and c.id = ${id}`.execute(trx)
}

/** Takes it off the list, as read, until the next message. */
export async function hideConversation(trx: Trx, stamp: Stamp, id: string): Promise<void> {
  await sql`
    update conversation c
    set deleted_count = coalesce(c.left_count, h.message_count),
      read_count = greatest(c.read_count, coalesce(c.left_count, h.message_count)),
      reminder_text = null, reminder_at = null, reminder_count = null,
      created_at = ${stamp}, v = ${stamp}
    from session_head h
    where h.session_id = c.session_id and c.id = ${id}`.execute(trx)
}

/** Counts `unread` messages as not read, and shows `text` as the last one until there is a newer. */
export async function remindOfConversation(
  trx: Trx,
  stamp: Stamp,
  id: string,
  reminder: { unread: number; text: string },
): Promise<void> {
  await sql`
    update conversation c
    set read_count = h.message_count - ${reminder.unread}::bigint,
      reminder_text = ${reminder.text}, reminder_at = ${stamp}, reminder_count = h.message_count,
      deleted_count = null, joined_count = least(c.joined_count, h.message_count - 1), v = ${stamp}
    from session_head h
    where h.session_id = c.session_id and c.id = ${id}`.execute(trx)
}
