import { randomBytes } from 'node:crypto'
import { constants, copyFile, link, open, readFile, rm } from 'node:fs/promises'

/**
 * Creates a private file (mode 0600) unless it exists, and returns what it holds. Processes that start at the
 * same moment agree: the file appears whole, the first one wins and the others read what it wrote.
 */
export async function createOnce(path: string, generate: () => string): Promise<string> {
  const existing = await readIfExists(path)
  if (existing !== undefined) return existing

  const temporary = `${path}.${process.pid}.${randomBytes(4).toString('hex')}`
  try {
    const file = await open(temporary, 'wx', 0o600)
    try {
      await file.writeFile(generate())
      // On the disk before it has its name: a power cut must not leave an empty file.
      await file.sync()
    } finally {
      await file.close()
    }
    await link(temporary, path).catch((error) => {
      if (error.code === 'EEXIST') throw error
      // A file system without hard links: still created once, though not in one step.
      return copyFile(temporary, path, constants.COPYFILE_EXCL)
    })
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error
  } finally {
    await rm(temporary, { force: true })
  }
  return readFile(path, 'utf8')
}

/** The text of a file, or undefined when there is none. */
export async function readIfExists(path: string): Promise<string | undefined> {
  try {
    return await readFile(path, 'utf8')
  } catch (error) {
    if (['ENOENT', 'ENOTDIR'].includes((error as NodeJS.ErrnoException).code ?? '')) return undefined
    throw error
  }
}
