import { sql } from 'kysely'
import { ConfigError } from '../../shared/server/env.js'
import type { Db } from './database.js'

/** FETCH FIRST ... WITH TIES came with 13, and exact paging stands on it. */
const OLDEST = 13

/** Connects. Throws ConfigError when the database cannot be reached or is too old. */
export async function requireSupportedServer(db: Db): Promise<void> {
  const version = await serverVersion(db)
  if (version < OLDEST)
    throw new ConfigError(`DATABASE_URL is PostgreSQL ${version}; ${OLDEST} or newer is needed.`)
}

async function serverVersion(db: Db): Promise<number> {
  try {
    const { rows } = await sql<{ server_version_num: string }>`show server_version_num`.execute(db)
    return Math.floor(Number(rows[0]?.server_version_num) / 10_000)
  } catch (error) {
    throw new ConfigError(`The database of DATABASE_URL does not answer: ${describe(error)}`)
  }
}

/** Never the URL itself, which holds a password. */
function describe(error: unknown): string {
  if (error instanceof AggregateError) return error.errors.map(describe).join('; ')
  return error instanceof Error ? error.message : String(error)
}
