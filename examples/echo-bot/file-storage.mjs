import { mkdir, readFile, rename, writeFile } from 'node:fs/promises'
import { join } from 'node:path'

/**
 * Keeps things in one JSON file per name, which is written anew with every change: for a bot, not for a crowd.
 *
 * @param {string} folder
 * @returns {import('nudge-sdk').StorageAdapter}
 */
export function fileStorage(folder) {
  /** Whoever opens the same name shares its rows. */
  const tables = new Map()
  return {
    isShared: false,
    keepsFiles: false,
    messagesPerSession: 100,
    async open(name) {
      const path = join(folder, `${encodeURIComponent(name)}.json`)
      if (!tables.has(name)) tables.set(name, { path, rows: await read(path), turn: Promise.resolve() })
      return new FileStorage(tables.get(name))
    },
  }
}

class FileStorage {
  #table
  #isClosed = false

  constructor(table) {
    this.#table = table
  }

  get(key) {
    return this.#inTurn(({ rows }) => parse(rows.get(key)))
  }

  list({ prefix, before, limit, reverse }) {
    return this.#inTurn(({ rows }) => {
      const keys = [...rows.keys()].filter((key) => key.startsWith(prefix) && !(key >= before)).sort()
      if (reverse) keys.reverse()
      return keys.slice(0, limit).map((key) => [key, parse(rows.get(key))])
    })
  }

  write(writes) {
    // As text, because the caller may change a value before it is its turn.
    const changes = writes.map(([key, value]) => [key, JSON.stringify(value)])
    return this.#change((rows) => {
      for (const [key, json] of changes) json === undefined ? rows.delete(key) : rows.set(key, json)
    })
  }

  clear(prefix) {
    return this.#change((rows) => {
      for (const key of [...rows.keys()]) if (key.startsWith(prefix)) rows.delete(key)
    })
  }

  async close() {
    this.#isClosed = true
    await this.#table.turn
  }

  /** All or nothing: the rows count once the whole file has taken the place of the old one. */
  #change(act) {
    return this.#inTurn(async (table) => {
      const rows = new Map(table.rows)
      act(rows)
      await mkdir(join(table.path, '..'), { recursive: true })
      await writeFile(`${table.path}.new`, JSON.stringify([...rows]), { mode: 0o600 })
      await rename(`${table.path}.new`, table.path)
      table.rows = rows
    })
  }

  /** One after the other, in the order of the calls. */
  async #inTurn(act) {
    if (this.#isClosed) throw new Error('The storage is closed.')
    const result = this.#table.turn.then(() => act(this.#table))
    this.#table.turn = result.catch(() => {})
    return result
  }
}

const parse = (json) => (json === undefined ? undefined : JSON.parse(json))

async function read(path) {
  try {
    return new Map(JSON.parse(await readFile(path, 'utf8')))
  } catch (error) {
    if (error.code !== 'ENOENT') throw error
    return new Map()
  }
}
