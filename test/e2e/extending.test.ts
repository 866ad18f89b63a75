import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { type Migration, sql } from 'kysely'
import { z } from 'zod'
import { ownedCollection } from '../../api/extensions/owned-collection.js'
import { AppError } from '../../shared/server/app-error.js'
import type { ListObject } from '../../shared/wire/objects.js'
import { createTestDatabase } from '../helpers/database.js'
import { request } from '../helpers/http.js'
import { notes } from '../helpers/note-extension.js'
import { type Device, type Person, stampOf } from '../helpers/person.js'
import { pins } from '../helpers/pin-extension.js'
import { Reader } from '../helpers/reader.js'
import { expectRefusal } from '../helpers/refusal.js'
import { TEST_APP } from '../helpers/test-app.js'
import { TestEnv } from '../helpers/test-env.js'

/** docs/extending.md, done: a sync type in one file, and one with rules of its own. */

interface Note {
  id: string
  text: string
  isDelete: boolean
  createdAt: string
  updatedAt: string
}

let env: TestEnv
let alice: Person
let bob: Person
let phone: Device

beforeAll(async () => {
  env = await TestEnv.start({ extensions: [notes, pins] })
  ;[alice, bob] = (await env.people('alice', 'bob')) as [Person, Person]
  phone = await alice.connect(env.mqttUrl)
})
afterAll(async () => {
  await phone.close()
  await env.close()
})

const pathOf = (person: Person) => `users/${person.id}/notes`
const addNote = (person: Person, text: string) =>
  person.must<Note>('POST', pathOf(person), { json: { text } })
const pull = (person: Person, cursor?: number, query = '') =>
  person.must<ListObject<Note>>('GET', `${pathOf(person)}${query}`, { cursor })

describe('a user’s notes', () => {
  test('what is added is in the delta once, and nothing is left after it', async () => {
    const first = await addNote(bob, 'one')
    expect(first).toEqual({
      id: expect.stringMatching(/^\d+$/),
      text: 'one',
      isDelete: false,
      createdAt: first.updatedAt,
      updatedAt: expect.stringMatching(/\.\d{3}Z$/),
    })
    const second = await addNote(bob, 'two')
    expect(await pull(bob)).toEqual({ total_count: 2, entries: [first, second] })
    expect((await pull(bob, stampOf(first.updatedAt))).entries).toEqual([second])
    expect(await pull(bob, stampOf(second.updatedAt))).toEqual({ total_count: 0, entries: [] })
  })

  test('a change and a deletion keep the id, and the tombstone keeps no text', async () => {
    const note = await addNote(bob, 'draft')
    const changed = await bob.must<Note>('PUT', `${pathOf(bob)}/${note.id}`, { form: { text: 'final' } })
    expect(changed).toMatchObject({ id: note.id, text: 'final', createdAt: note.createdAt })
    expect((await pull(bob, stampOf(note.updatedAt))).entries).toEqual([changed])

    expect(await bob.must('DELETE', `${pathOf(bob)}/${note.id}`)).toEqual({})
    const { entries } = await pull(bob, stampOf(changed.updatedAt))
    expect(entries).toEqual([{ ...changed, text: '', isDelete: true, updatedAt: expect.any(String) }])

    // Deleting again is no change; what is deleted stays so.
    expect(await bob.must('DELETE', `${pathOf(bob)}/${note.id}`)).toEqual({})
    expect((await pull(bob, stampOf(entries[0]?.updatedAt ?? ''))).entries).toEqual([])
    expectRefusal(await bob.call('PUT', `${pathOf(bob)}/${note.id}`, { json: { text: 'back' } }), 404)
  })

  test('pages', async () => {
    const carol = await env.person('carol')
    for (const n of [1, 2, 3, 4, 5]) await addNote(carol, `note ${n}`)
    const texts = (page: ListObject<Note>) => page.entries.map(({ text }) => text)
    const page = await pull(carol, undefined, '?limit=2')
    expect([page.total_count, ...texts(page)]).toEqual([5, 'note 1', 'note 2'])
    const next = await pull(carol, undefined, '?limit=2&offset=2')
    expect([next.total_count, ...texts(next)]).toEqual([5, 'note 3', 'note 4'])
    const last = await pull(carol, stampOf(next.entries[1]?.updatedAt ?? ''), '?limit=2')
    expect([last.total_count, ...texts(last)]).toEqual([1, 'note 5'])
  })

  test('the owner’s devices are told, with its own sync type and the stamp to pull to', async () => {
    const note = await addNote(alice, 'milk')
    const isIt = (frame: { message?: { syncs?: { type: unknown }[] } }) =>
      frame.message?.syncs?.[0]?.type === 'note'
    expect(await phone.waitFor(isIt)).toEqual({
      cmd: 'sendMessage',
      message: { syncs: [{ type: 'note' }] },
      stamp: stampOf(note.updatedAt),
    })
  })

  test('I1: its stamps are the app’s, beside messages and under a race', async () => {
    const { id } = await alice.p2pWith(bob)
    const readers = [new Reader(alice, pathOf(alice), 3), new Reader(alice, `sessions/${id}/messages`, 3)]
    const stamps: string[] = []
    let isWriting = true
    const writing = Promise.all(
      [...Array(8).keys()].map(async (n) => {
        for (let round = 0; round < 5; round++) {
          const note = await addNote(alice, `${n} ${round}`)
          const message = await alice.send(id, `${n} ${round}`)
          stamps.push(note.updatedAt)
          if (round % 2) await alice.must('DELETE', `${pathOf(alice)}/${note.id}`)
          expect(stampOf(message.updatedAt)).toBeGreaterThan(stampOf(note.updatedAt))
        }
      }),
    ).finally(() => {
      isWriting = false
    })
    while (isWriting) for (const reader of readers) await reader.pull()
    await writing
    for (const reader of readers) {
      while ((await reader.pull()) > 0);
      expect(reader.repeated).toEqual([])
      expect([...reader.rows.values()].sort(byId)).toEqual([...(await reader.fresh()).values()].sort(byId))
    }
    // A note is a transaction of its own, and a transaction has a stamp of its own.
    expect(new Set(stamps).size).toBe(stamps.length)
  })

  test.each([
    ['read', 'GET', ''],
    ['add', 'POST', ''],
    ['change', 'PUT', '/1'],
    ['delete', 'DELETE', '/1'],
  ])('a stranger may not %s: 403', async (_title, method, more) => {
    const body = method === 'GET' ? {} : { json: { text: 'mine' } }
    expectRefusal(await bob.call(method, `${pathOf(alice)}${more}`, body), 403)
    const url = `${env.url}/v1/${pathOf(alice)}${more}`
    expectRefusal(await request(method, url, body), 400)
  })

  test('nobody gets at another’s note by its id below the own address: 404', async () => {
    const note = await addNote(alice, 'private')
    const path = `${pathOf(bob)}/${note.id}`
    expectRefusal(await bob.call('PUT', path, { json: { text: 'mine' } }), 404)
    expectRefusal(await bob.call('DELETE', path), 404)
    expectRefusal(await bob.call('DELETE', `${pathOf(bob)}/abc`), 400)
    expectRefusal(await alice.call('POST', pathOf(alice), { json: { text: '' } }), 400)
  })

  test('an administrator of the app does what the owner does', async () => {
    const answer = await request('POST', `${env.url}/oauth/token`, {
      form: {
        grant_type: 'client_credentials',
        client_id: TEST_APP.appKey,
        client_secret: TEST_APP.appSecret,
      },
    })
    const token = answer.body.access_token
    const add = (userId: string) =>
      request('POST', `${env.url}/v1/users/${userId}/notes`, { token, json: { text: 'welcome' } })
    expect(await add(alice.id)).toMatchObject({ status: 200, body: { text: 'welcome' } })
    expectRefusal(await add('999999'), 404)
  })
})

describe('a session’s pins, with rules of their own', () => {
  test('members pin and see, strangers do not, and the members are told', async () => {
    const group = await bob.group(alice)
    const carol = await env.person('stranger')
    const message = await bob.send(group.id, 'read this')
    const path = `sessions/${group.id}/pins`

    const pin = await bob.must<{ id: string; updatedAt: string }>('PUT', `${path}/${message.id}`)
    expect(await alice.must('GET', path)).toEqual({ total_count: 1, entries: [pin] })
    await phone.waitFor(
      (frame) =>
        frame.message?.syncs?.[0]?.type === 'pin' &&
        frame.message.syncs[0].sessionId === `group_${group.id}` &&
        frame.stamp === stampOf(pin.updatedAt),
    )

    const off = await alice.must<{ updatedAt: string }>('DELETE', `${path}/${message.id}`)
    expect(off).toMatchObject({ id: pin.id, messageId: message.id, isDelete: true })
    const cursor = stampOf(pin.updatedAt)
    expect(await bob.must('GET', path, { cursor })).toEqual({ total_count: 1, entries: [off] })

    expectRefusal(await carol.call('GET', path), 403)
    expectRefusal(await carol.call('PUT', `${path}/${message.id}`), 403)
    const elsewhere = await bob.p2pWith(alice)
    const other = await bob.send(elsewhere.id, 'not there')
    expectRefusal(await bob.call('PUT', `${path}/${other.id}`), 404)
  })
})

test('a rule of its own runs under the stamp', async () => {
  // Without the stamp's lock several of the eight would find room.
  const limited = ownedCollection({
    name: 'limited',
    path: 'limited',
    syncType: 'limited',
    table: 'limited_thing',
    columns: { word: 'text not null' },
    body: z.object({ word: z.string() }),
    entry: z.object({ word: z.string() }),
    toColumns: ({ word }) => ({ word }),
    blank: { word: '' },
    present: ({ word }) => ({ word }),
    check: async (trx, { userId, row }) => {
      const { rows } = await sql<{ n: string }>`
        select count(*) as n from limited_thing where user_id = ${userId} and not is_deleted`.execute(trx)
      if (!row && Number(rows[0]?.n) >= 3) throw new AppError('NotAllowed', 'three are enough')
    },
  })
  const other = await TestEnv.start({ extensions: [limited] })
  try {
    const dave = await other.person('dave')
    const answers = await Promise.all(
      [...Array(8).keys()].map((n) =>
        dave.call('POST', `users/${dave.id}/limited`, { json: { word: `${n}` } }),
      ),
    )
    expect(answers.map(({ status }) => status).sort()).toEqual([200, 200, 200, 403, 403, 403, 403, 403])
  } finally {
    await other.close()
  }
})

test('both are in the OpenAPI document', async () => {
  const { body } = await request('GET', `${env.url}/openapi.json`)
  expect(Object.keys(body.paths['/v1/users/{userId}/notes'])).toEqual(['get', 'post'])
  expect(Object.keys(body.paths['/v1/users/{userId}/notes/{id}'])).toEqual(['put', 'delete'])
  expect(body.paths['/v1/users/{userId}/notes'].get).toMatchObject({
    tags: ['notes'],
    parameters: expect.arrayContaining([expect.objectContaining({ name: 'Client-Sync-Time' })]),
  })
  expect(body.components.schemas.Note.required.toSorted()).toEqual(
    ['createdAt', 'id', 'isDelete', 'text', 'updatedAt'].toSorted(),
  )
  expect(body.paths['/v1/sessions/{sessionId}/pins/{messageId}'].put.responses[200]).toMatchObject({
    content: { 'application/json': { schema: { $ref: '#/components/schemas/Pin' } } },
  })
})

describe('the same database', () => {
  test('starts again with it, without it, and with it again', async () => {
    const database = await createTestDatabase()
    try {
      const first = await TestEnv.start({ extensions: [notes], database })
      const erin = await first.person('erin')
      await addNote(erin, 'kept')
      await first.close()

      const without = await TestEnv.start({ extensions: [], database })
      expectRefusal(await erin.at(without.url).call('GET', pathOf(erin)), 404)
      await without.close()

      const again = await TestEnv.start({ extensions: [pins, notes], database })
      expect((await pull(erin.at(again.url))).entries).toMatchObject([{ text: 'kept' }])
      await again.close()
    } finally {
      await database.drop()
    }
  })

  test('its table grows by further steps, new databases get all of them', async () => {
    const growing = (migrations: Record<string, Migration>) =>
      ownedCollection({
        name: 'growing',
        path: 'growing',
        syncType: 'growing',
        table: 'growing_thing',
        columns: { word: 'text not null' },
        migrations,
        body: z.object({ word: z.string(), colour: z.string().optional() }),
        entry: z.object({ word: z.string(), colour: z.string() }),
        toColumns: ({ word, colour }) => ({ word, ...(colour && { colour }) }),
        blank: { word: '' },
        present: (row: { word: string; colour?: string }) => ({ word: row.word, colour: row.colour ?? '' }),
      })
    const second: Migration = {
      up: async (db) => {
        await sql`alter table growing_thing add column colour text not null default 'red'`.execute(db)
      },
    }
    const database = await createTestDatabase()
    try {
      const first = await TestEnv.start({ extensions: [growing({})], database })
      const frank = await first.person('frank')
      const path = `users/${frank.id}/growing`
      await frank.must('POST', path, { json: { word: 'old' } })
      await first.close()
      const grown = await TestEnv.start({ extensions: [growing({ '2': second })], database })
      const there = frank.at(grown.url)
      await there.must('POST', path, { json: { word: 'new', colour: 'blue' } })
      expect((await there.must<ListObject<unknown>>('GET', path)).entries).toMatchObject([
        { word: 'old', colour: 'red' },
        { word: 'new', colour: 'blue' },
      ])
      await grown.close()
    } finally {
      await database.drop()
    }
    await (await TestEnv.start({ extensions: [growing({ '2': second })] })).close()
  })

  test('two extensions of one name are refused', async () => {
    await expect(TestEnv.start({ extensions: [notes, { ...pins, name: 'notes' }] })).rejects.toThrow(
      'two extensions are called notes',
    )
  })
})

describe('docs/extending.md', () => {
  const root = join(import.meta.dirname, '../..')
  const read = (path: string) => readFile(join(root, path), 'utf8')

  test.each(['note', 'pin'])('shows the very code of the %s extension', async (name) => {
    const file = await read(`test/helpers/${name}-extension.ts`)
    const blocks = [...(await read('docs/extending.md')).matchAll(/^```ts\n(.*?)^```$/gms)].map(
      ([, code]) => code,
    )
    // In the product the file lies in api/extensions, and so do the addresses of its imports.
    const there = file.replaceAll("'../../api/extensions/", "'./").replaceAll("'../../api/", "'../")
    expect(blocks).toContain(there)
  })
})

function byId(a: { id: string }, b: { id: string }): number {
  return Number(a.id) - Number(b.id)
}
