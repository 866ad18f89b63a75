import type { Insertable, Selectable, Updateable } from 'kysely'
import type { SessionType } from '../../shared/wire/session-types.js'
import type { Stamp } from '../../shared/wire/time.js'
import type { Db, Trx } from '../database/database.js'
import type { SessionTable } from '../database/tables/session.js'

export type SessionRow = Selectable<SessionTable>

export function findSession(db: Db, appId: string, sessionId: string): Promise<SessionRow | undefined> {
  return db
    .selectFrom('session')
    .selectAll()
    .where('app_id', '=', appId)
    .where('id', '=', sessionId)
    .where('is_deleted', '=', false)
    .executeTakeFirst()
}

/** The session of a pair (p2p) or a user's own (single). */
export function findPairSession(
  db: Db,
  appId: string,
  type: SessionType,
  pairKey: string,
): Promise<SessionRow | undefined> {
  return db
    .selectFrom('session')
    .selectAll()
    .where('app_id', '=', appId)
    .where('type', '=', type)
    .where('pair_key', '=', pairKey)
    .executeTakeFirst()
}

/** A session without members and messages, with its head. */
export async function insertSession(trx: Trx, session: Insertable<SessionTable>): Promise<SessionRow> {
  const row = await trx.insertInto('session').values(session).returningAll().executeTakeFirstOrThrow()
  await trx
    .insertInto('session_head')
    .values({ session_id: row.id, last_message_id: null, v: session.v })
    .execute()
  return row
}

/** Membership changed: the session's mts and stamp move together. */
export function stampMembership(
  trx: Trx,
  stamp: Stamp,
  sessionId: string,
  name?: string,
): Promise<SessionRow> {
  return trx
    .updateTable('session')
    .set({ mts: String(stamp), v: String(stamp), ...(name !== undefined && { name }) })
    .where('id', '=', sessionId)
    .returningAll()
    .executeTakeFirstOrThrow()
}

/** What a session's row says changed, but not who is in it. */
export function updateSession(
  trx: Trx,
  stamp: Stamp,
  sessionId: string,
  change: Pick<
    Updateable<SessionTable>,
    'name' | 'name_changed' | 'avatar_url' | 'secure_type' | 'description'
  > = {},
): Promise<SessionRow> {
  return trx
    .updateTable('session')
    .set({ ...change, v: String(stamp) })
    .where('id', '=', sessionId)
    .returningAll()
    .executeTakeFirstOrThrow()
}

/** A tombstone. Its mts moves, so that push looks again and learns that nobody may speak there any more. */
export async function tombstoneSession(trx: Trx, stamp: Stamp, sessionId: string): Promise<void> {
  await trx
    .updateTable('session')
    .set({ is_deleted: true, mts: String(stamp), v: String(stamp) })
    .where('id', '=', sessionId)
    .execute()
}
