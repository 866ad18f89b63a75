import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { findPostmaster } from '../../shared/server/postgres/postmaster.js'

/** The pid of the PostgreSQL that runs on a data folder, or undefined. */
export async function runningPostgres(dataDir: string): Promise<number | undefined> {
  const found = await findPostmaster(join(dataDir, 'postgres'))
  return found && 'alive' in found ? found.alive.pid : undefined
}

/** Stops the PostgreSQL that a killed process left running on a data folder, and waits until it is gone. */
export async function stopLeftPostgres(dataDir: string): Promise<void> {
  const pid = await runningPostgres(dataDir)
  if (pid === undefined) return
  process.kill(pid, 'SIGINT')
  while ((await runningPostgres(dataDir)) === pid) await delay(20)
}
