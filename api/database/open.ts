import { Kysely, PostgresDialect } from 'kysely'
import pg from 'pg'
import type { Log } from '../../shared/server/log.js'
import type { Database, Db } from './database.js'

export interface DatabaseConfig {
  url: string
  maxConnections: number
  /** No statement and no idle transaction may take longer, so that none holds the app's clock. 0: no limit. */
  timeoutMs: number
  /** Commits wait for the disk, whatever the server's default is. Off only for what may be lost. */
  isDurable: boolean
}

/** Unused connections are kept so long: the next rush is not to wait for new ones, whose statements are not prepared. */
const IDLE_MS = 300_000

/** What the client grants the server on top, before it takes the connection for dead. */
const GRACE_MS = 2000

/** Opens a pool. Nothing connects before the first query. */
export function openDatabase(config: DatabaseConfig, log: Log): Db {
  const { timeoutMs } = config
  const pool = new pg.Pool({
    connectionString: config.url,
    max: config.maxConnections,
    application_name: 'nudge-api',
    connectionTimeoutMillis: 10_000,
    idleTimeoutMillis: IDLE_MS,
    keepAlive: true,
    // Before anything in between forgets an unused connection, and its next user waits for nobody.
    keepAliveInitialDelayMillis: 30_000,
    ...(timeoutMs > 0 && { query_timeout: timeoutMs + GRACE_MS }),
  })
  pool.on('connect', (client) => {
    // The pool listens on idle clients only: one that breaks at work would end the process. Its query fails
    // anyway. Never log the error whole: pg attaches the client with its keys.
    client.on('error', (error) => log.warn({ reason: error.message }, 'a database connection broke'))
    prepareNamed(client)
    cutWhenSilent(client)
    client.query(sessionSettings(config)).catch(() => {})
  })
  pool.on('error', () => {})
  return new Kysely<Database>({ dialect: new PostgresDialect({ pool }) })
}

/** As statements rather than start-up options: an `options` in the URL would silently replace those. */
function sessionSettings({ timeoutMs, isDurable }: DatabaseConfig): string {
  return [
    `set synchronous_commit = ${isDurable ? 'on' : 'off'}`,
    // Exactness rests on it: statements after the stamp must see what was committed before the stamp.
    `set default_transaction_isolation = 'read committed'`,
    `set statement_timeout = ${timeoutMs}`,
    `set idle_in_transaction_session_timeout = ${timeoutMs}`,
  ].join('; ')
}

/**
 * A statement that begins with `/* name *\/` is parsed, and as a rule planned, once in a connection: worth it for
 * those of every message and pull. Kysely has no other way to say so. Arrays are given to such a statement as
 * `(select $1)`: the planner looks at the length of others, and takes a plan for any length for a worse one each time.
 * Its result names its columns: with a star it would fail for good once a later version adds one.
 */
function prepareNamed(client: pg.PoolClient): void {
  const query = client.query.bind(client) as (...args: unknown[]) => unknown
  const named = (text: unknown, values?: unknown, ...more: unknown[]) => {
    const name = typeof text === 'string' ? /^\s*\/\* ([\w-]+) \*\//.exec(text)?.[1] : undefined
    return name === undefined ? query(text, values, ...more) : query({ name, text, values }, ...more)
  }
  client.query = named as typeof client.query
}

/**
 * A connection that does not answer in time is of no use any more: behind a network that drops packets it
 * would go back to the pool and hold up the next one, and the app's writers with it.
 */
function cutWhenSilent(client: pg.PoolClient): void {
  const { connection } = client as pg.PoolClient & { connection: { stream: { destroy(): void } } }
  const query = client.query.bind(client) as (...args: unknown[]) => unknown
  const watched = (...args: unknown[]) => {
    const result = query(...args)
    if (result instanceof Promise) {
      result.catch((error: Error) => {
        if (error.message === 'Query read timeout') connection.stream.destroy()
      })
    }
    return result
  }
  client.query = watched as typeof client.query
}
