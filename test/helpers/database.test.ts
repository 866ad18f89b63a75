import { expect, test } from '@jest/globals'
import pg from 'pg'
import { createTestDatabase } from './database.js'

test('each test database is empty and its own, and is gone after drop', async () => {
  const [one, two] = await Promise.all([createTestDatabase(), createTestDatabase()])
  const client = new pg.Client(one.url)
  // drop() ends this connection under its feet.
  client.on('error', () => {})
  await client.connect()
  await client.query('create table mine (id int)')

  const other = new pg.Client(two.url)
  await other.connect()
  const tables = await other.query("select to_regclass('mine') as mine")
  expect(tables.rows).toEqual([{ mine: null }])
  await other.end()

  await Promise.all([one.drop(), two.drop()])
  const late = new pg.Client(one.url)
  await expect(late.connect()).rejects.toMatchObject({ code: '3D000' })
  await late.end().catch(() => {})
})
