import { setTimeout as delay } from 'node:timers/promises'
import type pg from 'pg'

/** Any two numbers that nothing else of ours locks in the `postgres` database. */
const LOCK = [1_850_894, 1_684_497]

/**
 * So long (ms) we wait for the holder to let go: one that was killed does as soon as the server reads its closed
 * socket, and one that is just being stopped does so soon.
 */
const RELEASE_LIMIT_MS = 3_000

/**
 * Whoever holds this lock owns the data folder. It lives as long as its connection, and the kernel closes the
 * connection of a process that is killed: there are no stale locks. Returns true, or who holds it instead.
 */
export async function takeOwnership(client: pg.Client): Promise<true | { pid: number | undefined }> {
  const deadline = Date.now() + RELEASE_LIMIT_MS
  for (;;) {
    const taken = await client.query<{ ok: boolean }>(
      'select pg_try_advisory_lock($1::int, $2::int) as ok',
      LOCK,
    )
    if (taken.rows[0]?.ok) return true
    const holder = await client.query<{ name: string }>(
      `select a.application_name as name from pg_locks l join pg_stat_activity a using (pid)
        where l.locktype = 'advisory' and l.granted and l.classid = $1::int::oid and l.objid = $2::int::oid`,
      LOCK,
    )
    const name = holder.rows[0]?.name
    if (name === undefined) continue
    if (Date.now() > deadline) return { pid: Number(name.split(' ')[1]) || undefined }
    await delay(50)
  }
}
