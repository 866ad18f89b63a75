import { expect, test } from '@jest/globals'
import { aloneTabs } from '../tabs/alone.js'
import { memoryStorage } from './memory.js'
import { CACHE, Replica, type ReplicaOptions } from './replica.js'
import type { Storage, Write } from './storage.js'

const KEY = `${CACHE}row/contacts/1`

async function replicaOver(storage: Storage, options: Partial<ReplicaOptions> = {}) {
  const failures: unknown[] = []
  const replica = new Replica(storage, aloneTabs(), {
    scope: 'user/1/',
    forStorage: (value) => value,
    onStorageFailure: (error) => failures.push(error),
    ...options,
  })
  return { replica, failures }
}

test('a commit shows at once, is kept under the scope, and is seen by whoever reads after it', async () => {
  const storage = await memoryStorage().open('test')
  const { replica } = await replicaOver(storage)
  const seen: Write[] = []
  replica.onCommit((writes) => seen.push(...writes))
  void replica.commit([[KEY, 1]])
  expect(seen).toEqual([[KEY, 1]])
  expect(await replica.get(KEY)).toBe(1)
  expect(await replica.list({ prefix: CACHE })).toEqual([[KEY, 1]])
  expect(await storage.get(`user/1/${KEY}`)).toBe(1)
})

test('a full storage costs the cache, not what waits to be sent: the next start pulls everything anew', async () => {
  const storage = await memoryStorage().open('test')
  let isFull = false
  const full: Storage = {
    ...bound(storage),
    write: (writes) => (isFull ? Promise.reject(new Error('full')) : storage.write(writes)),
  }
  const { replica, failures } = await replicaOver(full)
  await replica.commit([
    [KEY, 1],
    [`${CACHE}cursor/contacts`, 100],
    ['draft/1', 'waits'],
  ])
  isFull = true
  await replica.commit([
    [`${CACHE}row/contacts/2`, 2],
    [`${CACHE}cursor/contacts`, 200],
  ])
  expect(failures).toHaveLength(1)
  isFull = false
  // Rows that were lost in between would be missing for ever under a cursor that is kept.
  await replica.commit([
    [`${CACHE}row/contacts/3`, 3],
    [`${CACHE}cursor/contacts`, 300],
    ['draft/2', 'waits, too'],
  ])
  expect(await storage.list({ prefix: 'user/1/' })).toEqual([
    ['user/1/draft/1', 'waits'],
    ['user/1/draft/2', 'waits, too'],
  ])
})

test('what a storage cannot keep stays out of it, and in sight', async () => {
  const storage = await memoryStorage().open('test')
  const { replica } = await replicaOver(storage, { forStorage: () => 'without the file' })
  const seen: unknown[] = []
  replica.onCommit((writes) => seen.push(...writes.map(([, value]) => value)))
  await replica.commit([['draft/1', 'with the file']])
  expect(seen).toEqual(['with the file'])
  expect(await replica.get('draft/1')).toBe('without the file')
})

function bound(storage: Storage): Storage {
  return {
    get: (key) => storage.get(key),
    list: (range) => storage.list(range),
    write: (writes) => storage.write(writes),
    clear: (prefix) => storage.clear(prefix),
    close: () => storage.close(),
  }
}
