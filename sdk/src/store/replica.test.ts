import { expect, test } from '@jest/globals'
import { aloneTabs } from '../tabs/alone.js'
import type { Tabs } from '../tabs/tabs.js'
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

test('where the storage has failed, tabs that follow hold the cache in memory, and one that takes over misses nothing', async () => {
  const storage = await memoryStorage().open('test')
  const full: Storage = { ...bound(storage), write: () => Promise.reject(new Error('full')) }
  const [leaders, followers] = pairOfTabs()
  const options = { scope: 'user/1/', forStorage: (value: unknown) => value, onStorageFailure: () => {} }
  await storage.write([[`user/1/${KEY}`, 'kept before']])
  const leader = new Replica(full, leaders, options)
  await leader.commit([[`${CACHE}row/contacts/2`, 'pulled']])
  const follower = new Replica(storage, followers, options)
  const seen: Write[] = []
  follower.onCommit((writes) => seen.push(...writes))
  follower.goUncached((await leader.uncached()) ?? [])
  await leader.commit([[`${CACHE}row/contacts/3`, 'pulled later']])
  await leader.settled()
  const rows = [
    [KEY, 'kept before'],
    [`${CACHE}row/contacts/2`, 'pulled'],
    [`${CACHE}row/contacts/3`, 'pulled later'],
  ]
  expect(await follower.list({ prefix: CACHE })).toEqual(rows)
  expect(seen).toEqual(rows)
  // What this one writes from now on must not stand alone in the storage.
  await follower.commit([[`${CACHE}cursor/contacts`, 100]])
  expect(await storage.list({ prefix: 'user/1/' })).toEqual([])
})

test('a draft that finds no room costs no cache', async () => {
  const storage = await memoryStorage().open('test')
  await storage.write([[`user/1/${KEY}`, 1]])
  const { replica, failures } = await replicaOver({
    ...bound(storage),
    write: () => Promise.reject(new Error('full')),
  })
  await replica.commit([['draft/1', 'waits']])
  expect(failures).toHaveLength(1)
  expect(await storage.list({ prefix: '' })).toEqual([[`user/1/${KEY}`, 1]])
})

/** What one posts the other one hears. */
function pairOfTabs(): [Tabs, Tabs] {
  const heard: [((message: unknown) => void)[], ((message: unknown) => void)[]] = [[], []]
  const tab = (own: 0 | 1): Tabs => ({
    ...aloneTabs(),
    post: (message) => {
      for (const listener of heard[own === 0 ? 1 : 0]) listener(structuredClone(message))
    },
    onMessage: (listener) => {
      heard[own].push(listener)
      return () => {}
    },
  })
  return [tab(0), tab(1)]
}
