import { execFile } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { chown, mkdir, mkdtemp, readdir, rename, rm, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { createOnce, readIfExists } from '../create-once.js'
import { ConfigError } from '../env.js'
import type { Binaries } from './binaries.js'
import type { Launcher } from './launcher.js'

export const POSTGRES_USER = 'nudge'

/** Unfinished clusters are made in folders of this name, beside the real one. */
const UNFINISHED = 'postgres.new-'

/** A PostgreSQL data folder that is whole and ours to start. */
export interface Cluster {
  folder: string
  password: string
}

/**
 * Opens `<dataDir>/postgres`, making it when there is none. It is made elsewhere and renamed when complete, so
 * that being killed half-way leaves nothing that looks usable. The password is in `<dataDir>/postgres.password`.
 * @param sync false leaves a new cluster to the operating system to write out, for tests.
 */
export async function openCluster(
  dataDir: string,
  { binaries, launcher, sync }: { binaries: Binaries; launcher: Launcher; sync: boolean },
): Promise<Cluster> {
  const folder = join(dataDir, 'postgres')
  const passwordFile = join(dataDir, 'postgres.password')
  try {
    const found = await readIfExists(join(folder, 'PG_VERSION'))
    if (found === undefined) {
      const password = await createOnce(passwordFile, newPassword)
      await makeCluster(dataDir, folder, { binaries, launcher, sync, password })
      return { folder, password }
    }

    await refuseOtherVersion(folder, found.trim(), { binaries, launcher })
    const { account } = launcher
    if (account && (await stat(folder)).uid !== account.uid) {
      await promisify(execFile)('chown', ['-R', `${account.uid}:${account.gid}`, folder])
    }
    const password = await readIfExists(passwordFile)
    if (password) return { folder, password }
  } catch (error) {
    const { code, path = folder } = error as NodeJS.ErrnoException
    if (code !== 'EACCES' && code !== 'EPERM') throw error
    throw new ConfigError(
      `${path} belongs to another user. Start Nudge as the user who started it first (or as root), ` +
        'hand that folder over with chown -R, or set DATA_DIR to another folder.',
    )
  }
  throw new ConfigError(
    `${passwordFile} is missing, without which the data in ${folder} cannot be opened. ` +
      'Restore it, or set DATA_DIR to another folder to start with nothing.',
  )
}

/** Removes what starts that were killed half-way left behind. Only for the owner of the data folder. */
export async function removeUnfinished(dataDir: string): Promise<void> {
  for (const name of await readdir(dataDir)) {
    if (name.startsWith(UNFINISHED)) await rm(join(dataDir, name), { recursive: true, force: true })
  }
}

async function makeCluster(
  dataDir: string,
  folder: string,
  options: { binaries: Binaries; launcher: Launcher; sync: boolean; password: string },
): Promise<void> {
  const { binaries, launcher } = options
  const workshop = await mkdtemp(join(dataDir, UNFINISHED))
  try {
    const passwordCopy = join(workshop, 'password')
    await writeFile(passwordCopy, options.password, { mode: 0o600 })
    const cluster = join(workshop, 'cluster')
    await mkdir(cluster, { mode: 0o700 })
    if (launcher.account) {
      const { uid, gid } = launcher.account
      for (const path of [passwordCopy, cluster, workshop]) await chown(path, uid, gid)
    }
    // The builtin provider orders text by code point and knows all letters, the same on every machine.
    await launcher.run(binaries.initdb, [
      ...['-D', cluster, '-U', POSTGRES_USER, `--pwfile=${passwordCopy}`, '--auth=scram-sha-256'],
      ...['--encoding=UTF8', '--locale=C', '--locale-provider=builtin', '--builtin-locale=C.UTF-8'],
      ...['--data-checksums', '--no-instructions', ...(options.sync ? [] : ['--no-sync'])],
    ])
    await rename(cluster, folder)
  } catch (error) {
    // Another Nudge that started at the same moment was faster; who of us may go on is decided later.
    if ((await readIfExists(join(folder, 'PG_VERSION'))) !== undefined) return
    throw new ConfigError(
      `The embedded PostgreSQL could not be set up in ${folder}.\n${(error as Error).message}`,
    )
  } finally {
    await rm(workshop, { recursive: true, force: true })
  }
}

async function refuseOtherVersion(
  folder: string,
  found: string,
  { binaries, launcher }: { binaries: Binaries; launcher: Launcher },
): Promise<void> {
  const version = await launcher.run(binaries.postgres, ['--version'])
  const ours = /\) (\d+)/.exec(version)?.[1]
  if (found === ours) return
  throw new ConfigError(
    `${folder} was written by PostgreSQL ${found}, but this Nudge comes with PostgreSQL ${ours}.\n` +
      `Set DATA_DIR to another folder, or move the data over with pg_dump of PostgreSQL ${found} and DATABASE_URL.`,
  )
}

function newPassword(): string {
  return randomBytes(24).toString('base64url')
}
