import { execFile } from 'node:child_process'
import { existsSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { readIfExists } from '../create-once.js'

/** A running PostgreSQL server, as the cluster's postmaster.pid tells. */
export interface Postmaster {
  pid: number
  port: number
}

/** The lock file in which a server writes who it is; it removes it when it stops in good order. */
export function lockFile(clusterFolder: string): string {
  return join(clusterFolder, 'postmaster.pid')
}

/**
 * What the lock file says: `alive` is the server that runs on this cluster, `foreign` that the pid in a left
 * file now is another program's. In a container the same small pids come back after every kill, and PostgreSQL
 * itself would then refuse to start.
 */
export async function findPostmaster(
  clusterFolder: string,
): Promise<{ alive: Postmaster } | { foreign: number } | undefined> {
  const [pidLine, , , portLine] = ((await readIfExists(lockFile(clusterFolder))) ?? '').split('\n')
  const pid = Number(pidLine)
  if (!pid || !hasProcess(pid)) return undefined
  if (!(await isPostgres(pid, clusterFolder))) return { foreign: pid }
  return { alive: { pid, port: Number(portLine) } }
}

/** Whether a process runs. One that has ended and waits for its parent to notice does not. */
export async function isAlive(pid: number): Promise<boolean> {
  if (!hasProcess(pid)) return false
  const status = await readFile(`/proc/${pid}/status`, 'utf8').catch(() => '')
  return !/^State:\s+Z/m.test(status)
}

function hasProcess(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM'
  }
}

/** True in doubt: two servers on one cluster would destroy it. */
async function isPostgres(pid: number, clusterFolder: string): Promise<boolean> {
  if (process.platform === 'linux') {
    // No command line: it has ended just now, or waits for its parent to notice.
    const args = (await readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => '')).split('\0')
    if (!/(^|\/)postgres$/.test(args[0] ?? '')) return false
    const servedFolder = args[args.indexOf('-D') + 1] ?? ''
    // A folder that is no more was perhaps renamed to this one.
    return servedFolder === clusterFolder || !existsSync(servedFolder)
  }
  if (process.platform === 'win32') return true
  const { stdout } = await promisify(execFile)('ps', ['-o', 'command=', '-p', String(pid)]).catch(() => ({
    stdout: '',
  }))
  return /postgres/.test(stdout)
}
