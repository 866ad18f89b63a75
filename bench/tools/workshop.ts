import { readFileSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { startEmbeddedPostgres } from '../../shared/server/postgres/embedded.js'

/** A PostgreSQL of its own, synced to the disk as it should be, and a folder. Both are gone after `close`. */
export interface Workshop {
  databaseUrl: string
  dataDir: string
  /** The server process of PostgreSQL; its children do the work. */
  postgresPid: number
  close(): Promise<void>
}

/** `settings`: postgresql.conf over ours, such as `shared_preload_libraries`. */
export async function openWorkshop(settings: Record<string, string> = {}): Promise<Workshop> {
  const dataDir = await mkdtemp(join(tmpdir(), 'nudge-bench-'))
  const postgres = await startEmbeddedPostgres({ dataDir, settings })
  const pidFile = join(dataDir, 'postgres', 'postmaster.pid')
  return {
    databaseUrl: postgres.url,
    dataDir,
    postgresPid: Number(readFileSync(pidFile, 'utf8').split('\n')[0]),
    async close() {
      await postgres.stop()
      await rm(dataDir, { recursive: true, force: true })
    },
  }
}
