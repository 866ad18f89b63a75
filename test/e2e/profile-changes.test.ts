import { randomInt } from 'node:crypto'
import { setTimeout as delay } from 'node:timers/promises'
import { afterAll, beforeAll, expect, test } from '@jest/globals'
import { sql } from 'kysely'
import { toAudiences } from '../../api/announce/audience.js'
import { audienceTopic } from '../../api/announce/audience-topic.js'
import type { Announcement } from '../../shared/server/announcement.js'
import { administratorOf } from '../helpers/admin.js'
import { type Device, type Person, stampOf } from '../helpers/person.js'
import { Reader } from '../helpers/reader.js'
import { TestEnv } from '../helpers/test-env.js'

let env: TestEnv
let alice: Person
let bob: Person
let carol: Person

beforeAll(async () => {
  env = await TestEnv.start()
  ;[alice, bob, carol] = (await env.people('alice', 'bob', 'carol')) as [Person, Person, Person]
})
afterAll(() => env.close())

const rename = (person: Person, name: string) =>
  person.must<{ updatedAt: string }>('PUT', `users/${person.id}`, { json: { name, avatarUrl: `a/${name}` } })

test('I1: a new name and avatar reach contacts, members and conversations of others', async () => {
  await alice.must('POST', `users/${alice.id}/contacts`, { json: { userId: bob.id } })
  const { id: groupId } = await carol.group(alice, bob)
  await alice.p2pWith(bob)
  const readers = [alice, carol, bob].flatMap((person) => [
    new Reader(person, `users/${person.id}/contacts`, 2),
    new Reader(person, `users/${person.id}/userConversations`, 2),
    new Reader(person, `sessions/${groupId}/members`, 2),
  ])
  const expectExact = async () => {
    for (const reader of readers) {
      while ((await reader.pull()) > 0);
      expect(Object.fromEntries(reader.rows)).toEqual(Object.fromEntries(await reader.fresh()))
      expect(reader.repeated).toEqual([])
    }
  }
  await expectExact()

  const { updatedAt } = await rename(bob, '王五')
  await expectExact()
  const seenBy = (person: Person, path: string) =>
    [
      ...(readers.find((one) => one.person === person && one.path.endsWith(path))?.rows.values() ?? []),
    ].filter((row) => row.updatedAt === updatedAt)
  const shown = { name: '王五', avatarUrl: 'a/王五' }
  expect(seenBy(alice, 'contacts')).toMatchObject([{ ...shown, pinyin: ['wangwu', 'ww'] }])
  expect(seenBy(alice, 'members')).toMatchObject([{ ...shown, userId: bob.id, pinyin: ['wangwu', 'ww'] }])
  expect(seenBy(carol, 'members')).toMatchObject([shown])
  expect(seenBy(alice, 'userConversations')).toMatchObject([{ ...shown, type: 'p2p' }])
  expect(seenBy(carol, 'userConversations')).toEqual([])

  await (await administratorOf(env.url)).must('PUT', `users/${bob.id}`, { json: { status: 'inactive' } })
  readers.splice(6)
  await expectExact()
  await (await administratorOf(env.url)).must('PUT', `users/${bob.id}`, { json: { status: 'active' } })
})

test('I1: deltas pulled while everybody changes everything are a fresh fetch in the end', async () => {
  const names = [...Array(6).keys()].map((n) => `racer${n}`)
  const people = await env.people(...names)
  const groupId = (await (people[0] as Person).group(...people.slice(1))).id
  const readers = people.flatMap((person) => [
    new Reader(person, `users/${person.id}/contacts`, 2),
    new Reader(person, `users/${person.id}/userConversations`, 2),
    new Reader(person, `users/${person.id}/userSessions`, 1),
    new Reader(person, `sessions/${groupId}/members`, 2),
  ])
  let isRacing = true
  const pulling = readers.map(async (reader) => {
    while (isRacing) {
      await reader.pull()
      await delay(randomInt(20))
    }
  })
  await Promise.all(
    people.map(async (person, n) => {
      const own = `users/${person.id}`
      for (let step = 0; step < 25; step += 1) {
        const other = people[(n + 1 + randomInt(5)) % 6] as Person
        const act = randomInt(5)
        if (act === 0) await rename(person, `name ${n} ${step}`)
        else if (act === 1) await person.call('POST', `${own}/contacts`, { json: { userId: other.id } })
        else if (act === 2) {
          const { entries } = await person.must<{ entries: { id: string }[] }>('GET', `${own}/contacts`)
          if (entries[0]) await person.must('DELETE', `${own}/contacts/${entries[0].id}`)
        } else if (act === 3) {
          const json = { targetId: other.id, type: 'p2p', top: step % 2 === 0 }
          await person.must('POST', `${own}/userConversations`, { json })
        } else await person.must('POST', `${own}/userSessions`, { json: { sessionId: groupId } })
      }
    }),
  )
  isRacing = false
  await Promise.all(pulling)
  for (const reader of readers) {
    while ((await reader.pull()) > 0);
    expect(Object.fromEntries(reader.rows)).toEqual(Object.fromEntries(await reader.fresh()))
    expect(reader.repeated).toEqual([])
  }
})

test('I3: a change writes the same rows for somebody whom nobody and whom 2000 people know', async () => {
  const [lonely, famous] = (await env.people('lonely', 'famous')) as [Person, Person]
  await makeFamous(famous, 2000)
  const cost = await rowsWrittenBy(() => rename(lonely, 'lonely 2'))
  expect(cost).toEqual({ app_clock: 1, app_user: 1, outbox: 2 })
  expect(await rowsWrittenBy(() => rename(famous, 'famous 2'))).toEqual(cost)
})

test('I4: everybody who sees the name is told', async () => {
  const [dave, erin, frank] = (await env.people('dave', 'erin', 'frank')) as [Person, Person, Person]
  await dave.must('POST', `users/${dave.id}/contacts`, { json: { userId: erin.id } })
  const p2p = await frank.p2pWith(erin)
  const devices: Device[] = []
  for (const person of [dave, erin, frank]) devices.push(await person.connect(env.mqttUrl))
  const stamp = stampOf((await rename(erin, 'Erin')).updatedAt)
  const told = (n: number, fits: (sync: { type: unknown; sessionId?: string }) => boolean) =>
    devices[n]?.waitFor((frame) => frame.stamp >= stamp && frame.message?.syncs?.some(fits))
  await told(0, ({ type }) => type === 2)
  await told(1, ({ type }) => type === 'user')
  await told(2, ({ sessionId }) => sessionId === `p2p_${p2p.id}`)
  for (const device of devices) await device.close()
})

test('I4: an audience is told chunk by chunk, each once, and again when push fails in the middle', async () => {
  const popular = await env.person('popular')
  await makeFamous(popular, 1200)
  const { db } = env.api.context
  const told: Announcement[] = []
  let broken = 700
  const announcer = toAudiences(db, {
    announce: async (announcement) => {
      if (--broken === 0) throw new Error('push is away')
      told.push(announcement)
    },
  })
  const announcement = { topic: audienceTopic({ of: 'user', id: popular.id }), stamp: 7, syncs: [] }
  await expect(announcer.announce(announcement)).rejects.toThrow('push is away')
  told.length = 0
  await announcer.announce(announcement)
  expect(told).toHaveLength(1200)
  expect(new Set(told.map(({ topic }) => topic)).size).toBe(1200)
  expect(told.every(({ stamp }) => stamp === 7)).toBe(true)
})

/** `howMany` people who have `person` as a contact. */
async function makeFamous(person: Person, howMany: number): Promise<void> {
  await sql`
    with people as (
      insert into app_user (app_id, email, name, created_at, v)
      select 1, 'fan' || n || ' of ' || ${person.id}, 'fan' || n, 1, 1 from generate_series(1, ${howMany}::int) n
      returning id
    )
    insert into contact (owner_id, user_id, created_at, v)
    select id, ${person.id}, 1, 1 from people`.execute(env.api.context.db)
}

/** The rows that the change's transaction wrote, by table; the drain is held off meanwhile. */
async function rowsWrittenBy(change: () => Promise<{ updatedAt: string }>): Promise<Record<string, number>> {
  const { db } = env.api.context
  await sql`create or replace function keep() returns trigger language plpgsql as 'begin return null; end'`.execute(
    db,
  )
  // Deleting and leasing are what the drain does to the outbox.
  await sql`create trigger keep before delete or update on outbox for each row execute function keep()`.execute(
    db,
  )
  try {
    const { updatedAt } = await change()
    const tables = await sql<{ name: string }>`
      select table_name as name from information_schema.columns
      where table_schema = 'public' and column_name = 'v'`.execute(db)
    const written: Record<string, number> = {}
    for (const { name } of tables.rows) {
      const { rows } = await sql<{ count: string }>`
        select count(*) from ${sql.table(name)} where v = ${stampOf(updatedAt)}`.execute(db)
      if (Number(rows[0]?.count) > 0) written[name] = Number(rows[0]?.count)
    }
    return written
  } finally {
    await sql`drop trigger keep on outbox`.execute(db)
  }
}
