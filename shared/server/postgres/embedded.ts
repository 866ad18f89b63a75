import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import type pg from 'pg'
import { openDataDir } from '../data-dir.js'
import { ConfigError } from '../env.js'
import type { Log } from '../log.js'
import { findBinaries } from './binaries.js'
import { type Cluster, openCluster, POSTGRES_USER, removeUnfinished } from './cluster.js'
import { createLauncher } from './launcher.js'
import { takeOwnership } from './ownership.js'
import { findPostmaster } from './postmaster.js'
import {
  connect,
  disownLockFile,
  isPassing,
  isRunning,
  logSize,
  logTail,
  type Server,
  type Site,
  StartFailure,
  spawnServer,
  stopServer,
} from './server.js'

const DATABASE = 'nudge'
const START_ATTEMPTS = 20
/** Before the next: another starter's server is to be found by then, on a busy machine too. */
const ATTEMPT_PAUSE_MS = 100

export interface EmbeddedPostgresOptions {
  /** DATA_DIR: the cluster is in its folder `postgres`, the server's log in `postgres.log`. */
  dataDir: string
  log?: Pick<Log, 'info' | 'warn' | 'error'>
  /** postgresql.conf settings over ours. With fsync off a new cluster is not synced either (tests). */
  settings?: Record<string, string>
  /** Called when the server ends and nobody has asked it to. */
  onLost?: (error: Error) => void
}

export interface EmbeddedPostgres {
  /** `postgres://…` of the database `nudge` on 127.0.0.1; the port differs from start to start. */
  url: string
  /** Ends all sessions and stops the server; resolves when it is gone. Stop what uses it first. */
  stop(): Promise<void>
}

/**
 * Runs the PostgreSQL that npm installed, for this process alone. A server left behind by a Nudge that was
 * killed is stopped in good order first. Throws ConfigError, with what to do, when DATA_DIR cannot be used,
 * another live Nudge uses it, or PostgreSQL does not come up.
 */
export async function startEmbeddedPostgres(options: EmbeddedPostgresOptions): Promise<EmbeddedPostgres> {
  const { log, settings = {} } = options
  const dataDir = await openDataDir(options.dataDir)
  const binaries = await findBinaries()
  const launcher = await createLauncher([dataDir, binaries.folder])
  const cluster = await openCluster(dataDir, { binaries, launcher, sync: settings.fsync !== 'off' })
  const site: Site = { cluster, binaries, launcher, settings, logFile: join(dataDir, 'postgres.log') }

  const { server, owner } = await startOwned(site, dataDir, log)
  // The last chance when the process exits without stop(): no time to wait, but PostgreSQL ends by itself.
  const onExit = () => {
    if (process.platform !== 'win32') server.interrupt()
  }
  process.on('exit', onExit)

  let stopping: Promise<void> | undefined
  owner.once('end', () => {
    if (stopping) return
    const lost = new Error(`lost the embedded PostgreSQL, see ${site.logFile}`)
    log?.error(lost.message)
    options.onLost?.(lost)
  })
  void server.ended.then(() => process.off('exit', onExit))

  const stop = async () => {
    await stopServer(site, server.pid)
    await server.outlive()
    await owner.end().catch(() => {})
  }

  try {
    await removeUnfinished(dataDir)
    await createDatabase(owner)
  } catch (error) {
    await stop()
    throw error
  }
  const { password } = cluster
  return {
    url: `postgres://${POSTGRES_USER}:${password}@127.0.0.1:${server.port}/${DATABASE}?sslmode=disable`,
    stop: () => {
      stopping ??= stop()
      return stopping
    },
  }
}

/** A running server and the connection by which we own the data folder. */
async function startOwned(
  site: Site,
  dataDir: string,
  log: EmbeddedPostgresOptions['log'],
): Promise<{ server: Server; owner: pg.Client }> {
  for (let attempt = 1; ; attempt++) {
    await clearTheWay(site, dataDir, log)
    const logStart = await logSize(site.logFile)
    const server = await spawnServer(site)
    try {
      const owner = await connect(site.cluster, server.port, server.ended)
      if (!owner) throw new StartFailure(await logTail(site.logFile, logStart))
      await own(owner, dataDir)
      return { server, owner }
    } catch (error) {
      if (error instanceof ConfigError) throw error
      // Passing: another starter took ours for one that was left behind, and stopped it.
      const isTransient = error instanceof StartFailure ? error.isTransient : isPassing(error)
      if (isTransient && attempt < START_ATTEMPTS) {
        await sleep(ATTEMPT_PAUSE_MS)
        continue
      }
      await stopServer(site, server.pid)
      const reason = error instanceof StartFailure ? error.tail : (error as Error).message
      throw new ConfigError(
        `The embedded PostgreSQL did not come up. Its log ${site.logFile} ends with:\n${indent(reason)}\n` +
          'If that does not help, set DATA_DIR to a new folder, or DATABASE_URL to a PostgreSQL server of yours.',
      )
    }
  }
}

/** Refuses when another live Nudge owns the data folder; stops a server that no live Nudge owns. */
async function clearTheWay(site: Site, dataDir: string, log: EmbeddedPostgresOptions['log']): Promise<void> {
  const found = await findPostmaster(site.cluster.folder)
  if (!found) return
  if ('foreign' in found) return disownLockFile(site.cluster)

  const { pid, port } = found.alive
  const gone = whenGone(site.cluster, pid)
  try {
    for (;;) {
      const client = await connect(site.cluster, port, gone.promise)
      // Its owner was just stopping, and now it is gone.
      if (!client) return
      try {
        await own(client, dataDir)
        log?.warn(`a PostgreSQL (pid ${pid}) was left running by a Nudge that was killed: stopping it first`)
        return await stopServer(site, pid)
      } catch (error) {
        if (!isPassing(error)) throw error
      } finally {
        await client.end().catch(() => {})
      }
    }
  } catch (error) {
    if (error instanceof ConfigError) throw error
    throw new ConfigError(
      `A PostgreSQL (pid ${pid}, port ${port}) runs on ${site.cluster.folder} and does not let us in: ` +
        `${(error as Error).message}.\nStop it (kill ${pid}), or set DATA_DIR to another folder.`,
    )
  } finally {
    gone.forget()
  }
}

/** Throws ConfigError when somebody else owns the data folder. */
async function own(client: pg.Client, dataDir: string): Promise<void> {
  const owned = await takeOwnership(client)
  if (owned === true) return
  await client.end()
  throw new ConfigError(
    `Another Nudge (pid ${owned.pid ?? 'unknown'}) is using DATA_DIR ${dataDir}.\n` +
      'Stop that one first, or set DATA_DIR to another folder (and other ports).',
  )
}

async function createDatabase(client: pg.Client): Promise<void> {
  const found = await client.query('select from pg_database where datname = $1', [DATABASE])
  if (found.rowCount === 0) await client.query(`create database ${DATABASE}`)
}

/** Of a server that is not our child nobody tells us that it ended. */
function whenGone(cluster: Cluster, pid: number): { promise: Promise<void>; forget(): void } {
  let timer: NodeJS.Timeout | undefined
  const promise = new Promise<void>((resolve) => {
    timer = setInterval(async () => {
      if (!(await isRunning(cluster, pid))) resolve()
    }, 100)
  })
  return { promise, forget: () => clearInterval(timer) }
}

function indent(text: string): string {
  return text.replace(/^/gm, '  ')
}
