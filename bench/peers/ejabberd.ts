import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import pg from 'pg'
import { freePort } from '../../shared/server/free-port.js'
import { accepts, start } from '../tools/processes.js'

const CONTROL = '/usr/sbin/ejabberdctl'
const SCHEMA = '/usr/share/ejabberd/sql/pg.sql'
const ERLANG_LIBRARIES = '/usr/lib/erlang/lib'

/** The password of everybody. */
export const PASSWORD = 'password'

export interface Ejabberd {
  port: number
  pid: number
  /** Where it keeps its users and archives. */
  databaseUrl: string
  stop(): Promise<void>
}

/** What Debian packages are missing for `startEjabberd`, if any. */
export function missingForEjabberd(): string[] {
  const hasDriver = existsSync(ERLANG_LIBRARIES) && readdirSync(ERLANG_LIBRARIES).some(isDriver)
  return [
    ...(existsSync(CONTROL) && existsSync(SCHEMA) ? [] : ['ejabberd']),
    ...(hasDriver ? [] : ['erlang-p1-pgsql']),
  ]
}

const isDriver = (name: string): boolean => name.startsWith('p1_pgsql-')

/**
 * ejabberd as Debian has it, in a database of its own on the same PostgreSQL server, with an archive of everything in
 * it. Debian's own script insists on a certain user of the system, so its runtime is started as that script does.
 * Switched off is what would slow it down or is not asked for: limits of rate, TLS, rosters, presence of others.
 */
export async function startEjabberd(options: {
  databaseUrl: string
  dataDir: string
  /** Connections to PostgreSQL. */
  pool: number
  users: string[]
}): Promise<Ejabberd> {
  const database = new URL(options.databaseUrl)
  database.pathname = '/ejabberd'
  await createDatabase(options.databaseUrl, database.href, options.users)

  const folder = join(options.dataDir, 'ejabberd')
  await mkdir(folder, { recursive: true })
  const port = await freePort()
  const configFile = join(folder, 'ejabberd.yml')
  await writeFile(configFile, configuration(port, database, options.pool))
  const libraries = /^ERL_LIBS='(.+)'$/m.exec(readFileSync(CONTROL, 'utf8'))?.[1] ?? ''
  const { pid, stop } = await start(
    'erl',
    ['+K', 'true', '+P', '250000', '-mnesia', 'dir', JSON.stringify(folder), '-s', 'ejabberd', '-noinput'],
    {
      env: {
        ERL_LIBS: libraries,
        ERL_CRASH_DUMP_BYTES: '0',
        EJABBERD_CONFIG_PATH: configFile,
        EJABBERD_LOG_PATH: join(folder, 'ejabberd.log'),
      },
      isReady: () => accepts(port),
    },
  )
  return { port, pid, databaseUrl: database.href, stop }
}

async function createDatabase(adminUrl: string, url: string, users: string[]): Promise<void> {
  const admin = new pg.Client(adminUrl)
  await admin.connect()
  await admin.query('create database ejabberd').finally(() => admin.end())
  const db = new pg.Client(url)
  await db.connect()
  try {
    await db.query(readFileSync(SCHEMA, 'utf8'))
    await db.query('insert into users (username, password) select unnest($1::text[]), $2', [users, PASSWORD])
  } finally {
    await db.end()
  }
}

/** JSON is YAML. */
function configuration(port: number, database: URL, pool: number): string {
  return JSON.stringify({
    hosts: ['localhost'],
    loglevel: 'warning',
    listen: [{ port, ip: '127.0.0.1', module: 'ejabberd_c2s', access: 'all', backlog: 1000 }],
    acl: { local: { user_regexp: '' } },
    access_rules: { local: { allow: 'local' } },
    auth_method: 'sql',
    auth_password_format: 'plain',
    default_db: 'sql',
    sql_type: 'pgsql',
    sql_server: database.hostname,
    sql_port: Number(database.port),
    sql_database: 'ejabberd',
    sql_username: database.username,
    sql_password: database.password,
    sql_pool_size: pool,
    modules: {
      mod_mam: { default: 'always', assume_mam_usage: true },
      mod_muc: {
        access_mam: 'all',
        max_users: 1000,
        default_room_options: { mam: true },
      },
    },
  })
}
