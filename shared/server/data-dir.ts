import { access, constants, mkdir, realpath, stat } from 'node:fs/promises'
import { dirname, resolve } from 'node:path'
import { ConfigError } from './env.js'

/**
 * The folder that keeps everything of a Nudge on this machine, created when missing. Returns its real absolute
 * path. Throws ConfigError when it cannot be used.
 */
export async function openDataDir(dataDir: string): Promise<string> {
  const path = resolve(dataDir)
  try {
    await makeFolder(path)
    await access(path, constants.R_OK | constants.W_OK | constants.X_OK)
  } catch (error) {
    throw await unusable(path, error as NodeJS.ErrnoException)
  }
  return realpath(path)
}

/** Node's own `recursive` never returns where no folder can be made, such as in /proc. */
async function makeFolder(path: string): Promise<void> {
  try {
    await mkdir(path)
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    if (code === 'EEXIST' && (await stat(path)).isDirectory()) return
    if (code !== 'ENOENT' || (await stat(dirname(path)).catch(() => undefined))) throw error
    await makeFolder(dirname(path))
    await makeFolder(path)
  }
}

/** A ConfigError that says why DATA_DIR cannot be used and what to do. */
export async function unusable(path: string, error: NodeJS.ErrnoException): Promise<ConfigError> {
  const advice = 'Set DATA_DIR to a folder that this user may write to.'
  const found = await stat(path).catch(() => undefined)
  if (found && !found.isDirectory()) {
    return new ConfigError(`DATA_DIR is ${path}, which is a file and not a folder.\n${advice}`)
  }
  const reason =
    {
      EACCES: 'permission denied',
      EPERM: 'not permitted',
      EROFS: 'it is read-only',
      ENOSPC: 'the disk is full',
      ENOTDIR: 'a part of the path is a file',
      EEXIST: 'a part of the path is a file',
    }[error.code ?? ''] ?? error.message
  return new ConfigError(`DATA_DIR is ${path}, which cannot be written to: ${reason}.\n${advice}`)
}
