import { randomBytes } from 'node:crypto'
import { mkdir, readdir, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { buffer } from 'node:stream/consumers'
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { startS3, type TestS3 } from '../../../test/helpers/s3.js'
import { type TempFolder, useTempFolder } from '../../../test/helpers/temp-folder.js'
import type { BlobStore } from './blob-store.js'
import { createDiskStore } from './disk.js'
import { newBlobName, thumbnailOf } from './open.js'
import { createS3Store } from './s3.js'

let folder: TempFolder
let s3: TestS3

beforeAll(async () => {
  folder = await useTempFolder()
  s3 = await startS3()
})
afterAll(async () => {
  await s3.close()
  await folder.remove()
})

/** What any store must do. */
describe.each<[string, () => BlobStore]>([
  ['disk', () => createDiskStore(join(folder.path, 'blobs'))],
  ['s3', () => createS3Store(s3.config)],
])('%s', (_title, create) => {
  let store: BlobStore
  beforeAll(() => {
    store = create()
  })
  afterAll(() => store.close())

  const put = async (bytes: Buffer, name = newBlobName()) => {
    const path = join(folder.path, newBlobName())
    await writeFile(path, bytes)
    await store.put(name, path)
    return name
  }
  const read = async (name: string, range?: { start: number; end: number }) =>
    buffer(await store.get(name, range))

  test('gives back what was put, to the byte', async () => {
    const bytes = randomBytes(300_000)
    const name = await put(bytes)
    expect((await read(name)).equals(bytes)).toBe(true)
  })

  test('keeps blobs apart, a thumbnail from its image too', async () => {
    const name = await put(Buffer.from('image'))
    await put(Buffer.from('small'), thumbnailOf(name))
    expect(String(await read(name))).toBe('image')
    expect(String(await read(thumbnailOf(name)))).toBe('small')
  })

  test('keeps an empty blob', async () => {
    expect((await read(await put(Buffer.alloc(0)))).length).toBe(0)
  })

  test.each([
    [0, 0, 'a'],
    [0, 3, 'abcd'],
    [2, 4, 'cde'],
    [5, 5, 'f'],
  ])('gives the range %d-%d', async (start, end, expected) => {
    const name = await put(Buffer.from('abcdef'))
    expect(String(await read(name, { start, end }))).toBe(expected)
  })

  test('says that a blob is missing before it gives anything', async () => {
    await expect(store.get(newBlobName())).rejects.toMatchObject({ name: 'BlobMissing' })
  })

  test('removes, once or twice', async () => {
    const name = await put(Buffer.from('gone'))
    await store.remove(name)
    await expect(store.get(name)).rejects.toMatchObject({ name: 'BlobMissing' })
    await store.remove(name)
  })

  test('replaces what is put again', async () => {
    const name = await put(Buffer.from('first'))
    await put(Buffer.from('second'), name)
    expect(String(await read(name))).toBe('second')
  })

  test('takes many at once', async () => {
    const names = await Promise.all(Array.from({ length: 20 }, (_, n) => put(Buffer.from(`blob ${n}`))))
    const found = await Promise.all(names.map((name) => read(name)))
    expect(found.map(String)).toEqual(names.map((_, n) => `blob ${n}`))
  })

  test('does not read a large file into memory', async () => {
    const path = join(folder.path, newBlobName())
    const block = randomBytes(1024 * 1024)
    await writeFile(path, Buffer.concat(Array.from({ length: 64 }, () => block)))
    const before = process.memoryUsage().arrayBuffers
    let most = 0
    const timer = setInterval(() => {
      most = Math.max(most, process.memoryUsage().arrayBuffers - before)
    }, 2)
    const name = newBlobName()
    await store.put(name, path)
    clearInterval(timer)
    expect(most).toBeLessThan(48 * 1024 * 1024)
    await store.remove(name)
  })
})

test('disk: names no path outside its folder', async () => {
  const store = createDiskStore(join(folder.path, 'inside'))
  for (const name of ['../outside', 'a/b', '..', '', 'a\0b']) {
    await expect((async () => store.get(name))()).rejects.toThrow('not the name of a blob')
  }
})

test('disk: files lie two folders deep and others cannot read them', async () => {
  const root = join(folder.path, 'deep')
  const store = createDiskStore(root)
  const path = join(folder.path, newBlobName())
  await mkdir(root, { recursive: true })
  await writeFile(path, 'x', { mode: 0o600 })
  await store.put('abcdef', path)
  expect(await readdir(join(root, 'ab', 'cd'))).toEqual(['abcdef'])
  expect((await stat(join(root, 'ab', 'cd', 'abcdef'))).mode & 0o077).toBe(0)
})
