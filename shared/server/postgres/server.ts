import { once } from 'node:events'
import { chown, open, readFile, stat, writeFile } from 'node:fs/promises'
import { setTimeout as delay } from 'node:timers/promises'
import pg from 'pg'
import { ConfigError } from '../env.js'
import { freePort } from '../free-port.js'
import type { Binaries } from './binaries.js'
import { type Cluster, POSTGRES_USER } from './cluster.js'
import type { Launcher } from './launcher.js'
import { findPostmaster, lockFile } from './postmaster.js'

/** How long a server may take to come up (ms), recovery after a crash included. */
export const START_LIMIT_MS = 120_000
/** How long (ms) a server may take to end its sessions; then it is stopped as in a crash, which loses nothing. */
const STOP_LIMIT_MS = 8_000
/** How long (ms) between two looks at a server that comes up: at first, and at most. */
const POLL_MS = { first: 20, most: 250 }
/** SQLSTATEs of a server that is stopping, and of one that is starting or stopping. */
const ADMIN_SHUTDOWN = '57P01'
const CANNOT_CONNECT_NOW = '57P03'
/** No process has this pid. */
const NO_PID = 2_147_483_646

const SETTINGS: Record<string, string> = {
  listen_addresses: '127.0.0.1',
  unix_socket_directories: '',
  max_connections: '120',
  shared_buffers: '128MB',
  // Acknowledged is durable (design I7); said here because it is relied on.
  fsync: 'on',
  synchronous_commit: 'on',
  jit: 'off',
  // Disks have not been slow to seek for a long time: with the old default, small tables are read whole for a row.
  random_page_cost: '1.1',
  // Plans are made for tables as they were when last looked at, and a new installation's soon grow.
  autovacuum_naptime: '10s',
  log_checkpoints: 'off',
  // Statements and the details of errors may hold message bodies, which appear in no log.
  log_min_error_statement: 'panic',
  log_error_verbosity: 'terse',
}

/** What it takes to run a server. */
export interface Site {
  cluster: Cluster
  binaries: Binaries
  launcher: Launcher
  /** Where PostgreSQL's own log is appended. */
  logFile: string
  /** Settings of postgresql.conf over ours. */
  settings: Record<string, string>
}

export interface Server {
  pid: number
  port: number
  /** Asks it to end all sessions and stop; does nothing when it has ended. */
  interrupt(): void
  /** Pending until the server has ended, for whatever reason. Does not keep this process alive. */
  ended: Promise<void>
  /** The same for who has to outlive the server. */
  outlive(): Promise<void>
}

/** The server ended while it came up. `tail` is what it logged. */
export class StartFailure extends Error {
  constructor(readonly tail: string) {
    super(tail)
  }

  /**
   * The port was taken meanwhile, another starter was faster, or one took our server, which had no owner yet,
   * for one that was left behind: worth another try.
   */
  get isTransient(): boolean {
    return [
      /Address already in use/,
      /could not create any TCP\/IP sockets/,
      /lock file ".*" already exists/,
      /received (fast|immediate) shutdown request/,
    ].some((sign) => sign.test(this.tail))
  }
}

/** Starts a server. It is not ready for connections yet: connect with `connect`. */
export async function spawnServer(site: Site): Promise<Server> {
  const { cluster, binaries, launcher, logFile } = site
  const port = await freePort()
  const settings = Object.entries({ ...SETTINGS, ...site.settings, port: String(port) })
  const args = ['-D', cluster.folder, ...settings.flatMap(([name, value]) => ['-c', `${name}=${value}`])]

  const log = await open(logFile, 'a', 0o600)
  try {
    if (launcher.account) await chown(logFile, launcher.account.uid, launcher.account.gid)
    const child = launcher.spawn(binaries.postgres, args, log.fd)
    child.unref()
    const ended = once(child, 'exit').then(
      () => {},
      () => {},
    )
    await once(child, 'spawn')
    return {
      ...{ pid: child.pid as number, port, ended },
      interrupt: () => void child.kill('SIGINT'),
      outlive: () => {
        child.ref()
        return ended
      },
    }
  } catch (error) {
    throw new ConfigError(`The embedded PostgreSQL could not be started: ${(error as Error).message}`)
  } finally {
    await log.close()
  }
}

/**
 * Connects, waiting while the server is coming up or going down. Returns undefined when `ended` settles first,
 * and throws when the server turns us away or START_LIMIT_MS is over.
 */
export async function connect(
  cluster: Cluster,
  port: number,
  ended: Promise<unknown>,
  database = 'postgres',
): Promise<pg.Client | undefined> {
  let hasEnded = false
  void ended.then(() => {
    hasEnded = true
  })
  const deadline = Date.now() + START_LIMIT_MS
  for (let wait = POLL_MS.first; !hasEnded; wait = Math.min(wait * 1.5, POLL_MS.most)) {
    const client = new pg.Client({
      ...{ host: '127.0.0.1', port, database, user: POSTGRES_USER, password: cluster.password },
      ...{ ssl: false, keepAlive: true, application_name: `nudge ${process.pid}` },
    })
    // Without a listener a connection that breaks later would be thrown at the process.
    client.on('error', () => {})
    try {
      await client.connect()
      return client
    } catch (error) {
      await client.end().catch(() => {})
      if (!isPassing(error) || Date.now() > deadline) throw error
    }
    await Promise.race([delay(wait), ended])
  }
  return undefined
}

/** Whether an error only says that the server is coming up, or going down under the connection. */
export function isPassing(error: unknown): boolean {
  const { code = '', message } = error as NodeJS.ErrnoException
  return (
    ['ECONNREFUSED', 'ECONNRESET', 'EPIPE', ADMIN_SHUTDOWN, CANNOT_CONNECT_NOW].includes(code) ||
    /Connection terminated|not queryable/.test(message)
  )
}

/**
 * Stops the server `pid`, if it still runs on the cluster, and waits until it is gone. The next owner's server
 * may be up on the same folder a moment later, so nothing but the pid says which one is meant.
 */
export async function stopServer(
  { cluster, binaries, launcher }: Omit<Site, 'settings' | 'logFile'>,
  pid: number,
): Promise<void> {
  // How PostgreSQL calls them: fast, and immediate.
  for (const signal of ['INT', 'QUIT']) {
    if (!(await isRunning(cluster, pid))) return
    // A failure here may as well mean that it has just ended: the next look tells.
    await launcher.run(binaries.pg_ctl, ['kill', signal, String(pid)]).catch(() => {})
    const deadline = Date.now() + STOP_LIMIT_MS
    while (Date.now() < deadline) {
      if (!(await isRunning(cluster, pid))) return
      await delay(POLL_MS.first)
    }
  }
  throw new Error(`PostgreSQL (pid ${pid}) does not stop`)
}

/** Whether the server `pid` runs on the cluster. */
export async function isRunning(cluster: Cluster, pid: number): Promise<boolean> {
  const found = await findPostmaster(cluster.folder)
  return found !== undefined && 'alive' in found && found.alive.pid === pid
}

/**
 * Lets the next server start over a lock file whose pid has become another program's. The rest of the file
 * stays: by it PostgreSQL sees whether sessions of the dead server still use its memory.
 */
export async function disownLockFile(cluster: Cluster): Promise<void> {
  const path = lockFile(cluster.folder)
  const [, ...rest] = (await readFile(path, 'utf8')).split('\n')
  await writeFile(path, [NO_PID, ...rest].join('\n'))
}

/** The end of what was logged since `start` (bytes into the file). */
export async function logTail(logFile: string, start: number): Promise<string> {
  const text = (await readFile(logFile)).subarray(start).toString('utf8')
  return text.trim().split('\n').slice(-20).join('\n')
}

/** Bytes in the log by now. */
export async function logSize(logFile: string): Promise<number> {
  return (await stat(logFile).catch(() => undefined))?.size ?? 0
}
