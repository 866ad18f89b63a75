import { sql } from 'kysely'
import type { Announcement } from '../../shared/server/announcement.js'
import type { Sync } from '../../shared/wire/sync-types.js'
import type { Db } from '../database/database.js'

/** A row of the outbox that this drain holds a lease on. */
export interface LeasedRow extends Announcement {
  kind: string
}

/** How long a process that died keeps its rows from the others; longer than push takes to answer. */
export const LEASE_S = 6

/**
 * Takes up to `limit` rows that nobody works on. Several drains may run side by side. The row locks last for
 * this one statement, so that no writer waits for sockets.
 */
export async function leaseOutbox(db: Db, limit: number): Promise<LeasedRow[]> {
  const { rows } = await sql<{ topic: string; kind: string; syncs: Sync[]; mts: string | null; v: string }>`
    -- materialized: joined in place it may run more than once, and take more than the limit
    with due as materialized (
      -- in no order: sorting a long outbox for every lease would make it longer still
      select topic, kind from outbox
      where leased_until < clock_timestamp()
      limit ${limit}
      for update skip locked
    )
    update outbox o
    set leased_until = clock_timestamp() + make_interval(secs => ${LEASE_S})
    from due
    where o.topic = due.topic and o.kind = due.kind
    returning o.topic, o.kind, o.syncs, o.mts, o.v`.execute(db)
  return rows.map((row) => ({
    topic: row.topic,
    kind: row.kind,
    syncs: row.syncs,
    stamp: Number(row.v),
    ...(row.mts !== null && { mts: Number(row.mts) }),
  }))
}

/** Deletes rows that were told, unless they have been announced anew meanwhile. */
export async function deleteTold(db: Db, rows: LeasedRow[]): Promise<void> {
  await sql`
    delete from outbox o using (${stillTheSame(rows)}) told
    where o.topic = told.topic and o.kind = told.kind`.execute(db)
}

/** Puts rows that could not be told off for `delayMs`, so that they do not keep others waiting. */
export async function putOff(db: Db, rows: LeasedRow[], delayMs: number): Promise<void> {
  await sql`
    update outbox o set leased_until = clock_timestamp() + make_interval(secs => ${delayMs / 1000})
    from (${stillTheSame(rows)}) failed
    where o.topic = failed.topic and o.kind = failed.kind`.execute(db)
}

/** Rows that a writer holds are skipped, not waited for: it is announcing them anew. */
function stillTheSame(rows: LeasedRow[]) {
  return sql`
    select outbox.topic, outbox.kind from outbox
    join unnest(
      ${rows.map((row) => row.topic)}::text[],
      ${rows.map((row) => row.kind)}::text[],
      ${rows.map((row) => String(row.stamp))}::bigint[]
    ) as leased (topic, kind, v) using (topic, kind, v)
    for update of outbox skip locked`
}
