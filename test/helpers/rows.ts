import { sql } from 'kysely'
import type { TestEnv } from './test-env.js'

/** How many rows each table holds. Not the outbox, which empties by itself. */
export async function countRows(env: TestEnv): Promise<Record<string, number>> {
  const { db } = env.api.context
  const tables = await sql<{ name: string }>`
    select table_name as name from information_schema.tables
    where table_schema = 'public' and table_type = 'BASE TABLE' and table_name <> 'outbox'`.execute(db)
  const counts: Record<string, number> = {}
  for (const { name } of tables.rows) {
    const { rows } = await sql<{ count: string }>`select count(*) from ${sql.table(name)}`.execute(db)
    counts[name] = Number(rows[0]?.count)
  }
  return counts
}
