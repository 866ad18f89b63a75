import { randomBytes } from 'node:crypto'
import pg from 'pg'

export interface TestDatabase {
  /** `postgres://…` of an empty database. */
  url: string
  /** Removes the database, ending the connections that are still open. */
  drop(): Promise<void>
}

/** A database of its own on the run's PostgreSQL: one a test file, so that files run side by side. */
export async function createTestDatabase(): Promise<TestDatabase> {
  const server = process.env.TEST_POSTGRES_URL
  if (!server) throw new Error('TEST_POSTGRES_URL is not set: global-setup.ts has not run')
  const name = `test_${randomBytes(6).toString('hex')}`
  await run(server, `create database ${name}`)
  const url = new URL(server)
  url.pathname = `/${name}`
  return { url: url.href, drop: () => run(server, `drop database if exists ${name} with (force)`) }
}

async function run(server: string, statement: string): Promise<void> {
  const client = new pg.Client(server)
  await client.connect()
  try {
    await client.query(statement)
  } finally {
    await client.end()
  }
}
