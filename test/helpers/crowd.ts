import { randomUUID } from 'node:crypto'
import type pg from 'pg'
import { createTokens } from '../../shared/server/tokens.js'
import { Person } from './person.js'
import { TEST_TOKEN_SECRET } from './test-app.js'

const tokens = createTokens(TEST_TOKEN_SECRET)

/** The first app of a database, which is every test server's. */
const APP_ID = '1'

/** Users who are in the database and logged in, without the cost of hashing a password each. */
export async function createPeople(db: pg.Client, url: string, names: string[]): Promise<Person[]> {
  const { rows } = await db.query<{ id: string }>(
    `insert into app_user (app_id, email, name, created_at, v)
     select ${APP_ID}, name || '@example.com', name, 1, 1 from unnest($1::text[]) as name returning id`,
    [names],
  )
  const logins = rows.map(({ id }) => ({ userId: id, login: randomUUID() }))
  await db.query(
    `insert into login (id, user_id, created_at, expires_at)
     select id, user_id, 1, 1e15::bigint from unnest($1::uuid[], $2::bigint[]) as given (id, user_id)`,
    [logins.map(({ login }) => login), logins.map(({ userId }) => userId)],
  )
  return logins.map(({ userId, login }) => {
    const token = tokens.sign('access', { sub: userId, app: APP_ID, login })
    return new Person(url, { id: userId, token } as Person['login'])
  })
}

/** What `POST /oauth/token` would give. */
export function imTokenOf(person: { id: string }): string {
  return tokens.sign('im', { sub: person.id, app: APP_ID, login: `login-of-${person.id}` })
}
