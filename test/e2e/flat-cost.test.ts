import { afterAll, beforeAll, expect, test } from '@jest/globals'
import { type KyselyPlugin, sql } from 'kysely'
import { NO_CARRIER } from '../../api/announce/drain.js'
import type { Trx } from '../../api/database/database.js'
import { nameAfterMembers } from '../../api/members/membership.js'
import { findMaster, findSuccessor } from '../../api/members/store.js'
import { append, createAppender } from '../../api/messages/append.js'
import type { Person } from '../helpers/person.js'
import { TestEnv } from '../helpers/test-env.js'

let env: TestEnv
let alice: Person
let bob: Person

beforeAll(async () => {
  env = await TestEnv.start()
  ;[alice, bob] = (await env.people('alice', 'bob')) as [Person, Person]
})
afterAll(() => env.close())

test('I3: a message writes the same rows in the same statements in a session of 2 and of 5000', async () => {
  const pair = await alice.p2pWith(bob)
  const crowd = await alice.group(bob)
  await addMembersInBulk(crowd.id, 4998)
  const { total_count } = await alice.pullMembers(crowd.id)
  expect(total_count).toBe(5000)

  const small = await costOfOneMessage(pair.id)
  const large = await costOfOneMessage(crowd.id)

  expect(small.rows).toEqual({
    app_clock: 1,
    message: 1,
    session_head: 1,
    // the sender's own read position
    conversation: 1,
    outbox: 1,
  })
  expect(small.statements).toBe(3)
  expect(large).toEqual(small)
})

test('naming a group and finding who runs it next read a few rows, whatever its size', async () => {
  const old = await alice.group()
  await addMembersInBulk(old.id, 4000)
  const { id } = await alice.group(bob)
  await addMembersInBulk(id, 4000)
  const { db } = env.api.context
  await sql`analyze session_member, app_user`.execute(db)
  await db.transaction().execute(async (trx) => {
    const before = await rowsReadIn(trx)
    expect(await nameAfterMembers(trx, id)).toBe('alice,bob,crowd1,crowd2')
    expect(await findMaster(trx, id)).toMatchObject({ user_id: alice.id })
    expect(await findSuccessor(trx, id)).toMatchObject({ user_id: alice.id })
    expect((await rowsReadIn(trx)) - before).toBeLessThan(50)
  })
})

/** Of members and users, by the transaction so far. */
async function rowsReadIn(trx: Trx): Promise<number> {
  const { rows } = await sql<{ count: string }>`
    select sum(seq_tup_read + coalesce(idx_tup_fetch, 0)) as count from pg_stat_xact_user_tables
    where relname in ('session_member', 'app_user')`.execute(trx)
  return Number(rows[0]?.count)
}

/** The rows that the message's transaction wrote, by table, and how many statements it took. */
async function costOfOneMessage(sessionId: string) {
  const { db, clock, turns } = env.api.context
  let statements = 0
  const counter: KyselyPlugin = {
    transformQuery: ({ node }) => {
      statements += 1
      return node
    },
    transformResult: async ({ result }) => result,
  }
  // Nobody is told, so that the outbox row is still there to be counted.
  const appender = createAppender({
    db: db.withPlugin(counter),
    clock,
    turns,
    carrier: NO_CARRIER,
  })
  const draft = {
    sessionId,
    actorId: alice.id,
    senderId: alice.id,
    type: 'text',
    content: '{}',
    clientMessageId: null,
  }
  const { id } = await append({ db, appender }, '1', draft)
  return { statements, rows: await rowsWrittenWith(id) }
}

async function rowsWrittenWith(messageId: string): Promise<Record<string, number>> {
  const { db } = env.api.context
  const tables = await sql<{ name: string }>`
    select table_name as name from information_schema.tables
    where table_schema = 'public' and table_type = 'BASE TABLE'`.execute(db)
  const written: Record<string, number> = {}
  for (const { name } of tables.rows) {
    const { rows } = await sql<{ count: string }>`
      select count(*) from ${sql.table(name)} t
      where t.xmin = (select xmin from message where id = ${messageId})`.execute(db)
    const count = Number(rows[0]?.count)
    if (count > 0) written[name] = count
  }
  return written
}

async function addMembersInBulk(sessionId: string, howMany: number): Promise<void> {
  const { db } = env.api.context
  await sql`
    with people as (
      insert into app_user (app_id, email, name, created_at, v)
      select 1, ${`crowd of ${sessionId} `} || n, 'crowd' || n, 1, 1 from generate_series(1, ${howMany}) n
      returning id
    ), joined as (
      insert into session_member (session_id, user_id, role, created_at, v)
      select ${sessionId}, id, 'user', 1, 1 from people
      returning id, user_id, session_id
    )
    insert into conversation (id, user_id, session_id, read_count, joined_count, created_at, v)
    select id, user_id, session_id, 0, 0, 1, 1 from joined`.execute(db)
}
