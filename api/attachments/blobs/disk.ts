import { mkdir, open, rename, rm } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { BlobMissing, type BlobStore } from './blob-store.js'

/** Blobs as files, `ab/cd/abcd…`: folders stay small. Files to be put must be on the same file system. */
export function createDiskStore(folder: string): BlobStore {
  const pathOf = (name: string) => {
    if (!/^[\w-]+$/.test(name)) throw new Error('not the name of a blob')
    return join(folder, name.slice(0, 2), name.slice(2, 4), name)
  }
  return {
    async put(name, from) {
      const to = pathOf(name)
      await sync(from, 'r+')
      const inner = dirname(to)
      const isNew = (await mkdir(inner, { recursive: true })) !== undefined
      await rename(from, to)
      // A file is as durable as the folders that name it.
      await sync(inner, 'r')
      if (isNew) for (const above of [dirname(inner), folder]) await sync(above, 'r')
    },

    async get(name, range) {
      const path = pathOf(name)
      const file = await open(path, 'r').catch((error) => {
        throw error.code === 'ENOENT' ? new BlobMissing(name) : error
      })
      return file.createReadStream(range)
    },

    remove: (name) => rm(pathOf(name), { force: true }),
    close() {},
  }
}

async function sync(path: string, flags: string): Promise<void> {
  const file = await open(path, flags)
  try {
    await file.sync()
  } finally {
    await file.close()
  }
}
