import type { Closers } from '../shared/server/closers.js'
import { createLog } from '../shared/server/log.js'
import { startEmbeddedPostgres } from '../shared/server/postgres/embedded.js'
import { loadSecrets } from '../shared/server/secrets.js'
import { type ApiConfig, readApiConfig, readDataDir } from './config.js'

/**
 * The API's settings with the secrets that belong to them, and its database: the one of DATABASE_URL, or the
 * embedded one, started here and stopped last. Throws ConfigError.
 */
export async function openSettings(
  env: NodeJS.ProcessEnv,
  closers: Closers,
): Promise<{ config: ApiConfig; databaseUrl: string }> {
  const config = readApiConfig(env, await loadSecrets(readDataDir(env), env))
  if (config.databaseUrl) return { config, databaseUrl: config.databaseUrl }
  const postgres = await startEmbeddedPostgres({
    dataDir: config.dataDir,
    log: createLog('postgres', config.logLevel),
    // Uncaught, it ends the process in good order: whoever watches over it starts it anew, database and all.
    onLost: (error) => {
      throw error
    },
  })
  closers.add(() => postgres.stop())
  return { config, databaseUrl: postgres.url }
}
