import { type ChildProcess, execFile, spawn } from 'node:child_process'
import { stat } from 'node:fs/promises'
import { dirname } from 'node:path'
import { promisify } from 'node:util'
import { ConfigError } from '../env.js'

const exec = promisify(execFile)

/** PostgreSQL refuses to run as root: this is who runs it then. */
export interface Account {
  uid: number
  gid: number
}

/** Starts PostgreSQL's programs as the user that they may run as, out of reach of the terminal's Ctrl-C. */
export interface Launcher {
  /** Null when the programs run as ourselves. */
  account: Account | null
  spawn(file: string, args: string[], output: number | 'pipe'): ChildProcess
  /** Runs a program to its end. Rejects with what it printed. Returns its stdout. */
  run(file: string, args: string[]): Promise<string>
}

/** @param folders absolute real paths that PostgreSQL has to reach. Throws ConfigError when it could not. */
export async function createLauncher(folders: string[]): Promise<Launcher> {
  const account = process.getuid?.() === 0 ? await findAccount() : null
  const through = account ? await setprivIfClosed(account, folders) : []
  // setpriv changes the user by itself, and has to be root to do so.
  const identity = account && through.length === 0 ? account : {}

  const launch: Launcher['spawn'] = (file, args, output) => {
    const [program = file, ...rest] = [...through, file, ...args]
    return spawn(program, rest, {
      ...identity,
      // A folder that the account can enter, which ours may not be.
      cwd: process.platform === 'win32' ? dirname(file) : '/',
      env: environment(),
      stdio: ['ignore', output, output],
      detached: true,
      windowsHide: true,
    })
  }

  return {
    account,
    spawn: launch,
    run: (file, args) =>
      new Promise((resolve, reject) => {
        const child = launch(file, args, 'pipe')
        const output = { stdout: '', stderr: '' }
        for (const name of ['stdout', 'stderr'] as const) {
          child[name]?.setEncoding('utf8').on('data', (text: string) => {
            output[name] += text
          })
        }
        child.once('error', reject)
        child.once('close', (code, signal) => {
          if (code === 0) resolve(output.stdout)
          else
            reject(
              new Error(`${file} ended with ${signal ?? code}: ${output.stderr || output.stdout}`.trim()),
            )
        })
      }),
  }
}

/** The system user `postgres`, made if need be; where users cannot be made, the one called nobody. */
async function findAccount(): Promise<Account> {
  try {
    return await idsOf('postgres')
  } catch {}
  try {
    await exec('useradd', [
      '--system',
      '--user-group',
      '--no-create-home',
      '--shell',
      '/bin/false',
      'postgres',
    ])
    return await idsOf('postgres')
  } catch {}
  return { uid: 65534, gid: 65534 }
}

async function idsOf(user: string): Promise<Account> {
  const [uid, gid] = await Promise.all(
    ['-u', '-g'].map(async (what) => (await exec('id', [what, user])).stdout),
  )
  return { uid: Number(uid), gid: Number(gid) }
}

/**
 * A folder on the way may be closed to the account: /root, or a clone inside a `mktemp -d`. Only then are the
 * programs given the one capability of passing closed doors.
 */
async function setprivIfClosed(account: Account, folders: string[]): Promise<string[]> {
  const closed = (await Promise.all(folders.map((folder) => firstClosed(account, folder)))).find(Boolean)
  if (!closed) return []
  const setpriv = [
    'setpriv',
    `--reuid=${account.uid}`,
    `--regid=${account.gid}`,
    '--clear-groups',
    // initdb asks access(2) whether it may run postgres, which else ignores the capabilities of all but root.
    '--securebits=+no_setuid_fixup',
    '--inh-caps=+dac_override',
    '--ambient-caps=+dac_override',
  ]
  try {
    await exec(setpriv[0] as string, [...setpriv.slice(1), 'true'])
  } catch {
    throw new ConfigError(
      `PostgreSQL does not run as root, and the user that runs it here (uid ${account.uid}) cannot enter ${closed}.\n` +
        `Do one of these: open that folder (chmod a+x ${closed}); start Nudge as an ordinary user; ` +
        'put Nudge and DATA_DIR elsewhere; install setpriv (util-linux); set DATABASE_URL.',
    )
  }
  return setpriv
}

/** The topmost folder of the path that the account may not enter. */
async function firstClosed({ uid, gid }: Account, path: string): Promise<string | undefined> {
  const parent = dirname(path)
  const above = parent === path ? undefined : await firstClosed({ uid, gid }, parent)
  if (above) return above
  const { uid: owner, gid: group, mode } = await stat(path)
  const mayEnter = owner === uid ? mode & 0o100 : group === gid ? mode & 0o010 : mode & 0o001
  return mayEnter ? undefined : path
}

/** Ours, without the PG… variables that would speak to PostgreSQL behind our back, and with English messages. */
function environment(): NodeJS.ProcessEnv {
  const kept = Object.entries(process.env).filter(([name]) => !name.toUpperCase().startsWith('PG'))
  return { ...Object.fromEntries(kept), LC_ALL: 'C' }
}
