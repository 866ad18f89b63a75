import type pg from 'pg'

/** Settings of PostgreSQL that `watchWork` and `plansOf` need. */
export const WATCHED = {
  shared_preload_libraries: 'pg_stat_statements,auto_explain',
  'pg_stat_statements.track_planning': 'on',
}

/** What a database did. */
export interface Work {
  /**
   * Statements of clients, BEGIN and COMMIT not counted; `ms` inside PostgreSQL, planning included. `blocksRead` were
   * not in its buffers; `pagesLogged` went whole into the write-ahead log: first changes of a page after a checkpoint.
   */
  statements: { query: string; calls: number; ms: number; blocksRead: number; pagesLogged: number }[]
  /** Rows inserted, updated or deleted, by table. */
  rows: Record<string, number>
  /** Bytes of write-ahead log, without the whole pages that a checkpoint brings. */
  logBytes: number
}

/**
 * Says, when called, what the database of `db` did since. Rows are counted in the write-ahead log, so nothing that
 * anybody wrote is missed; statements by pg_stat_statements.
 */
export async function watchWork(db: pg.Client): Promise<() => Promise<Work>> {
  await db.query('create extension if not exists pg_stat_statements')
  await db.query('create extension if not exists pg_walinspect')
  await db.query('set pg_stat_statements.track = none')
  const began = await placeInLog(db)
  await db.query(
    'select pg_stat_statements_reset(0, (select oid from pg_database where datname = current_database()))',
  )
  return async () => {
    const ended = await placeInLog(db)
    const { rows: statements } = await db.query<Work['statements'][number]>(`
      select query, calls::float as calls, total_exec_time + total_plan_time as ms,
        shared_blks_read::float as "blocksRead", wal_fpi::float as "pagesLogged"
      from pg_stat_statements
      where dbid = (select oid from pg_database where datname = current_database())
        and query !~* '^(begin|commit|start transaction)'`)
    const { rows: written } = await db.query<{ name: string; rows: number; bytes: number }>(
      `select coalesce(c.relname, '') as name,
         count(*) filter (where resource_manager = 'Heap' and record_type ~ '^(INSERT|UPDATE|HOT_UPDATE|DELETE)')::float as rows,
         sum(record_length - fpi_length)::float as bytes
       from pg_get_wal_records_info($1, $2) w
       left join pg_class c
         on c.relfilenode = substring(w.block_ref from '^blkref #0: rel [0-9]+/[0-9]+/([0-9]+)')::oid
           and c.relkind in ('r', 't')
       group by 1`,
      [began, ended],
    )
    return {
      statements,
      rows: Object.fromEntries(written.filter((each) => each.rows > 0).map((each) => [each.name, each.rows])),
      logBytes: written.reduce((sum, { bytes }) => sum + bytes, 0),
    }
  }
}

/** A place in the log, which is on the disk up to it. */
async function placeInLog(db: pg.Client): Promise<string> {
  const { rows } = await db.query<{ lsn: string }>(`select pg_logical_emit_message(true, 'bench', '') as lsn`)
  return rows[0]?.lsn as string
}
