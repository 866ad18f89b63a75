import { sql } from 'kysely'
import type { Stamp } from '../../shared/wire/time.js'
import type { Context } from '../context.js'
import type { Db } from '../database/database.js'
import type { Viewer } from '../http/viewer.js'
import { getSessionAccess } from '../sessions/access.js'
import { DEFAULT_LIMIT, isSeldomLong, type PageRequest, pull } from '../sync/collection.js'
import { SharedRead } from '../sync/shared-read.js'
import { messages } from './collection.js'
import type { ShownMessage } from './present.js'
import { findMessageCount, newestOf } from './store.js'

/** What a reader of a session's messages is told. */
export interface Delta {
  rows: ShownMessage[]
  totalCount: number
  /** The session's stamp; not older than what the rows tell of. */
  sessionV: string
  /** So many messages of the session are read by whoever is given this. */
  seenCount: number
  /** So many were read before; undefined: not known. */
  readCount: number | undefined
}

interface Asked {
  appId: string
  userId: string
  sessionId: string
  cursor: Stamp
}

/** Deltas of few messages, which nearly all pulls are: readers who ask at the same time share one statement. */
export type SmallDeltas = SharedRead<Asked, Delta | undefined>

/** More messages than that are not small; messages are up to 64 KiB, and so many may be held for each of a batch. */
const SMALL = 20

export function createSmallDeltas(db: Db): SmallDeltas {
  return new SharedRead({
    ...{ maxBatch: 32, maxWaiting: 10_000 },
    // A session whose messages are not in memory holds up a part of the readers only.
    lanes: 4,
    find: async (asked) => {
      const deltas = await findSmallDeltas(db, asked)
      return asked.map((_, place) => deltas.get(place))
    },
  })
}

/** The delta of a session's messages. Throws NotFound, NotAllowed. */
export async function findDelta(
  ctx: Context,
  viewer: Viewer,
  sessionId: string,
  request: PageRequest,
): Promise<Delta> {
  const { cursor, limit = DEFAULT_LIMIT } = request
  if (!viewer.isAdmin && isSeldomLong(request)) {
    const { appId, userId } = viewer
    const small = await ctx.smallDeltas.ask(sessionId, { appId, userId, sessionId, cursor })
    if (small && small.rows.length < limit) return small
  }
  return findAnyDelta(ctx, viewer, sessionId, request)
}

/** Whatever is asked for, and with the reason when it is refused. */
async function findAnyDelta(
  ctx: Context,
  viewer: Viewer,
  sessionId: string,
  request: PageRequest,
): Promise<Delta> {
  // Asked before, so that nobody makes us read and count what is none of his business, and once more below.
  await getSessionAccess(ctx, viewer, sessionId, 'readMessages')
  // Read before the page: whoever is given the last page has seen at least this many messages.
  const countBefore = await findMessageCount(ctx.db, sessionId)
  const page = await pull(ctx.db, messages, { sessionId }, request)
  // Asked after the page, so that nobody is given what came after his removal, and the session's stamp is not
  // older than what the page tells of.
  const { session } = await getSessionAccess(ctx, viewer, sessionId, 'readMessages')
  return {
    rows: page.rows,
    totalCount: page.totalCount,
    sessionV: session.v,
    seenCount: Math.max(newestOf(page.rows), page.isLast ? countBefore : 0),
    readCount: undefined,
  }
}

type FoundRow = ShownMessage & {
  ord: string
  session_v: string
  message_count: string
  read_count: string | null
}

/**
 * By place in the batch; nothing for who is no live member and where there is more than a little. One statement sees
 * everything at one moment: who may read, what there is, and the session's stamp.
 */
async function findSmallDeltas(db: Db, asked: Asked[]): Promise<Map<number, Delta>> {
  const { rows } = await sql<FoundRow>`
    /* small-deltas */
    select asked.ord, s.v as session_v, h.message_count, c.read_count,
      m.id, m.session_id, m.seq, m.sender_id, m.type, m.content, m.client_message_id, m.is_deleted, m.created_at, m.v
    from unnest(
      (select ${asked.map(({ appId }) => appId)}::bigint[]),
      (select ${asked.map(({ userId }) => userId)}::bigint[]),
      (select ${asked.map(({ sessionId }) => sessionId)}::bigint[]),
      (select ${asked.map(({ cursor }) => String(cursor))}::bigint[])
    ) with ordinality as asked (app_id, user_id, session_id, cursor, ord)
    join session s on s.id = asked.session_id and s.app_id = asked.app_id and not s.is_deleted
    join session_member me on me.session_id = asked.session_id and me.user_id = asked.user_id
      and not me.is_deleted and me.status = 'active'
    join session_head h on h.session_id = asked.session_id
    left join conversation c on c.id = me.id
    left join lateral (
      select * from message where session_id = asked.session_id and v > asked.cursor order by v limit ${sql.lit(SMALL + 1)}
    ) m on true
    order by m.v, m.seq`.execute(db)

  const deltas = new Map<number, Delta>()
  for (const row of rows) {
    const place = Number(row.ord) - 1
    let delta = deltas.get(place)
    if (!delta) {
      delta = {
        rows: [],
        totalCount: 0,
        sessionV: row.session_v,
        seenCount: Number(row.message_count),
        readCount: row.read_count === null ? undefined : Number(row.read_count),
      }
      deltas.set(place, delta)
    }
    if (row.id !== null) delta.totalCount = delta.rows.push(row)
  }
  for (const [place, { rows }] of deltas) if (rows.length > SMALL) deltas.delete(place)
  return deltas
}
