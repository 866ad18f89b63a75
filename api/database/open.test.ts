import { once } from 'node:events'
import type { AddressInfo } from 'node:net'
import { connect, createServer, type Socket } from 'node:net'
import { afterAll, beforeAll, expect, test } from '@jest/globals'
import { sql } from 'kysely'
import { createLog } from '../../shared/server/log.js'
import { createTestDatabase, type TestDatabase } from '../../test/helpers/database.js'
import { isDatabaseAway } from './away.js'
import type { Db } from './database.js'
import { type DatabaseConfig, openDatabase } from './open.js'

let database: TestDatabase
beforeAll(async () => {
  database = await createTestDatabase()
})
afterAll(() => database.drop())

const open = (config: Partial<DatabaseConfig> = {}) =>
  openDatabase(
    { url: database.url, maxConnections: 1, timeoutMs: 5000, isDurable: true, ...config },
    createLog('test', 'silent'),
  )

const setting = async (db: Db, name: string) => {
  const { rows } = await sql<Record<string, string>>`show ${sql.raw(name)}`.execute(db)
  return Object.values(rows[0] ?? {})[0]
}

/** The pool may hand out the broken connection once more before it has noticed. */
async function worksAgain(db: Db): Promise<void> {
  await sql`select 1`.execute(db).catch(() => sql`select 1`.execute(db))
}

test('I7: commits wait for the disk, whatever options the URL carries', async () => {
  const url = new URL(database.url)
  url.searchParams.set('options', '-c synchronous_commit=off -c default_transaction_isolation=serializable')
  const db = open({ url: url.href })
  expect(await setting(db, 'synchronous_commit')).toBe('on')
  expect(await setting(db, 'default_transaction_isolation')).toBe('read committed')
  expect(await setting(db, 'statement_timeout')).toBe('5s')
  await db.destroy()
})

test('a connection that the server ends in the middle of a query fails that query and nothing else', async () => {
  const db = open({ maxConnections: 2 })
  const failed = sql`select pg_terminate_backend(pg_backend_pid())`.execute(db)
  await expect(failed).rejects.toThrow()
  expect(await failed.catch(isDatabaseAway)).toBe(true)
  await worksAgain(db)
  await db.destroy()
})

test('a transaction that its idle time limit ends fails and nothing else', async () => {
  const db = open({ timeoutMs: 100 })
  const idle = db.transaction().execute(async (trx) => {
    await sql`select 1`.execute(trx)
    await new Promise((resolve) => setTimeout(resolve, 400))
    await sql`select 1`.execute(trx)
  })
  expect(await idle.catch(isDatabaseAway)).toBe(true)
  await worksAgain(db)
  await db.destroy()
})

test('a database behind a network that has gone silent is given up, and used again once it is back', async () => {
  const upstream = new URL(database.url)
  const sockets: Socket[] = []
  const proxy = createServer((socket) => {
    const server = connect(Number(upstream.port), upstream.hostname)
    sockets.push(socket, server)
    for (const each of [socket, server]) each.on('error', () => {})
    socket.pipe(server).pipe(socket)
  })
  proxy.listen(0, '127.0.0.1')
  await once(proxy, 'listening')
  const url = new URL(database.url)
  url.port = String((proxy.address() as AddressInfo).port)

  const db = open({ url: url.href, timeoutMs: 300 })
  await sql`select 1`.execute(db)
  for (const socket of sockets) socket.unpipe().pause()
  const hanging = db.transaction().execute((trx) => sql`select 1`.execute(trx))
  expect(await hanging.catch(isDatabaseAway)).toBe(true)
  await worksAgain(db)

  await db.destroy()
  for (const socket of sockets) socket.destroy()
  proxy.close()
})
