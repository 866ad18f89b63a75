import { indexedDbStorage } from '../../src/store/indexed-db.js'
import { localStorageStorage } from '../../src/store/local-storage.js'
import type { Range, Storage, StorageAdapter, Write } from '../../src/store/storage.js'

export type Kind = 'indexedDb' | 'localStorage'

const ADAPTERS: Record<Kind, StorageAdapter> = {
  indexedDb: indexedDbStorage(),
  localStorage: localStorageStorage(),
}

/** What the test has opened in this page, by number: only data can go to a page and back. */
const opened: Storage[] = []

export async function open(kind: Kind, name: string): Promise<number> {
  return opened.push(await ADAPTERS[kind].open(name)) - 1
}

export const get = (id: number, key: string) => storageOf(id).get(key)
export const list = (id: number, range: Range) => storageOf(id).list(range)
export const write = (id: number, writes: readonly Write[]) => storageOf(id).write(writes)
export const clear = (id: number, prefix: string) => storageOf(id).clear(prefix)
export const close = (id: number) => storageOf(id).close()

function storageOf(id: number): Storage {
  const storage = opened[id]
  if (!storage) throw new Error(`No storage ${id} was opened.`)
  return storage
}

/** The connections to IndexedDB of this page, so that a test can take them away as a browser does. */
const connections: IDBDatabase[] = []
const { open: openDatabase } = IDBFactory.prototype
IDBFactory.prototype.open = function (...args) {
  const request = openDatabase.apply(this, args)
  request.addEventListener('success', () => connections.push(request.result))
  return request
}

/** What a page sees of it: the connection is closed, and an event says so, or comes too late. */
export function loseConnections({ isTold }: { isTold: boolean }): number {
  for (const connection of connections) {
    connection.close()
    if (isTold) connection.dispatchEvent(new Event('close'))
  }
  return connections.splice(0).length
}

export function deleteDatabase(name: string): Promise<void> {
  return settled(indexedDB.deleteDatabase(name))
}

/** As a later version of the SDK would. */
export async function upgradeDatabase(name: string): Promise<void> {
  const request = indexedDB.open(name, 2)
  await settled(request)
  request.result.close()
}

function settled(request: IDBOpenDBRequest): Promise<void> {
  return new Promise((resolve, reject) => {
    request.onsuccess = () => resolve()
    request.onerror = () => reject(request.error)
    request.onblocked = () => reject(new Error('blocked'))
  })
}

/** Writes the same number to all of `count` keys, again and again, and tells what is done. Never ends. */
export async function writeForEver(kind: Kind, count: number, onDone: (n: number) => void): Promise<void> {
  const storage = await ADAPTERS[kind].open('kill')
  const keys = Array.from({ length: count }, (_, index) => `key ${index}`)
  const last = await storage.get('key 0')
  for (let n = typeof last === 'number' ? last + 1 : 1; ; n++) {
    await storage.write(keys.map((key): Write => [key, n]))
    onDone(n)
  }
}
