import { mkdir, writeFile } from 'node:fs/promises'
import { connect } from 'node:net'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { ensureApp } from '../../api/apps/store.js'
import type { EmojiObject } from '../../shared/wire/emojis.js'
import type { ListObject } from '../../shared/wire/objects.js'
import { administratorOf } from '../helpers/admin.js'
import { type Person, stampOf } from '../helpers/person.js'
import { expectRefusal } from '../helpers/refusal.js'
import { type TempFolder, useTempFolder } from '../helpers/temp-folder.js'
import { TestEnv } from '../helpers/test-env.js'

let folder: TempFolder
let env: TestEnv
let alice: Person
let admin: Person
let stranger: Person

beforeAll(async () => {
  folder = await useTempFolder()
  env = await TestEnv.start({ settings: { DATA_DIR: folder.path } })
  alice = await env.person('alice')
  admin = await administratorOf(env.url)
  const { db, tokens } = env.api.context
  const app = {
    key: 'another',
    secret: 'the secret of another app, long enough',
    name: 'another',
    createdAt: 1,
  }
  const token = tokens.sign('admin', { app: (await ensureApp(db, app)).id })
  stranger = Object.create(admin, { token: { value: token } })
})
afterAll(async () => {
  await env.close()
  await folder.remove()
})

const pull = (cursor?: number, query = '') =>
  alice.must<ListObject<EmojiObject>>('GET', `emojis${query}`, { cursor })
const SMILE = {
  package: '基本',
  type: 'emoji',
  name: '微笑',
  url: '/Emoji/expr_1.png',
  width: 84,
  height: 84,
}
const add = (fields: object = {}) =>
  admin.must<EmojiObject>('POST', 'emojis', { json: { ...SMILE, ...fields } })

test('an app starts without emojis', async () => {
  expect(await pull()).toEqual({ total_count: 0, entries: [] })
})

test('the administrator adds, changes and deletes; everybody pulls the delta', async () => {
  const added = await add()
  expect(added).toEqual({
    ...SMILE,
    id: added.id,
    isDelete: false,
    createdAt: added.updatedAt,
    updatedAt: added.updatedAt,
  })
  expect((await pull()).entries).toEqual([added])
  expect(await alice.must('GET', `emojis/${added.id}`)).toEqual(added)
  const cursor = stampOf(added.updatedAt)
  expect((await pull(cursor)).entries).toEqual([])

  const changed = await admin.must<EmojiObject>('PUT', `emojis/${added.id}`, {
    form: { name: '大笑', width: '40' },
  })
  expect(changed).toEqual({ ...added, name: '大笑', width: 40, updatedAt: changed.updatedAt })
  expect(await pull(cursor)).toEqual({ total_count: 1, entries: [changed] })

  expect(await admin.must('DELETE', `emojis/${added.id}`)).toEqual({})
  const { entries } = await pull(stampOf(changed.updatedAt))
  expect(entries).toEqual([{ ...changed, isDelete: true, updatedAt: expect.any(String) }])
  for (const method of ['GET', 'PUT', 'DELETE']) {
    expectRefusal(await admin.call(method, `emojis/${added.id}`, method === 'PUT' ? { json: {} } : {}), 404)
  }
})

test('I1: old state + delta = fresh fetch, with several administrators at once', async () => {
  const state = new Map<string, EmojiObject>()
  let cursor: number | undefined
  const look = async () => {
    for (
      let page = await pull(cursor, '?limit=3');
      page.entries.length > 0;
      page = await pull(cursor, '?limit=3')
    ) {
      for (const emoji of page.entries) {
        expect(state.get(emoji.id)).not.toEqual(emoji)
        state.set(emoji.id, emoji)
        cursor = Math.max(cursor ?? 0, stampOf(emoji.updatedAt))
      }
    }
  }
  const work = async (n: number) => {
    for (let step = 0; step < 8; step += 1) {
      const { id } = await add({ name: `${n}${step}` })
      if (step % 2) await admin.must('PUT', `emojis/${id}`, { json: { name: `x${n}${step}` } })
      if (step % 3 === 0) await admin.must('DELETE', `emojis/${id}`)
    }
  }
  const working = Promise.all([work(1), work(2), work(3), work(4)])
  for (let i = 0; i < 10; i += 1) await look()
  await working
  await look()
  expect([...state.values()].sort((a, b) => Number(a.id) - Number(b.id))).toEqual(
    (await pull(undefined, '?limit=1000')).entries.sort((a, b) => Number(a.id) - Number(b.id)),
  )
})

describe('a name', () => {
  const change = (id: string, json: object) => admin.call('PUT', `emojis/${id}`, { json })

  test('belongs to one emoji of the app at a time, in whatever package', async () => {
    const [first, second] = [await add({ name: '甲' }), await add({ name: '乙' })]
    for (const fields of [{ name: '甲' }, { name: '甲', package: 'other' }]) {
      const answer = await admin.call('POST', 'emojis', { json: { ...SMILE, ...fields } })
      expectRefusal(answer, 409)
      expect(answer.body).toMatchObject({ code: 'AlreadyExists' })
    }
    expectRefusal(await change(second.id, { name: '甲' }), 409)
    expect(await change(first.id, { name: '甲', width: 20 })).toMatchObject({
      status: 200,
      body: { width: 20 },
    })
    expect(await admin.must('GET', `emojis/${second.id}`)).toEqual(second)
  })

  test('that was deleted comes back under its id, as what is posted now', async () => {
    const first = await add({ name: '丙' })
    await admin.must('DELETE', `emojis/${first.id}`)
    for (const method of ['GET', 'PUT', 'DELETE']) {
      const json = { ...SMILE, name: '丙' }
      expectRefusal(await admin.call(method, `emojis/${first.id}`, method === 'PUT' ? { json } : {}), 404)
    }
    const cursor = stampOf((await pull()).entries.at(-1)?.updatedAt as string)
    const revived = await add({ name: '丙', package: 'other', url: '/Emoji/expr_2.png', width: 30 })
    expect(revived).toEqual({
      ...first,
      package: 'other',
      url: '/Emoji/expr_2.png',
      width: 30,
      updatedAt: expect.any(String),
    })
    expect((await pull(cursor)).entries).toEqual([revived])
    expect((await pull()).entries.filter(({ name }) => name === '丙')).toEqual([revived])
  })

  test('that ten administrators add at once is one emoji', async () => {
    const json = { ...SMILE, name: '丁' }
    const answers = await Promise.all([...Array(10)].map(() => admin.call('POST', 'emojis', { json })))
    expect(answers.filter(({ status }) => status === 200)).toHaveLength(1)
    expect(answers.filter(({ status }) => status === 409)).toHaveLength(9)
  })
})

describe('refused', () => {
  test.each([
    ['POST', '', () => ({ json: SMILE })],
    ['PUT', '/1', () => ({ json: SMILE })],
    ['DELETE', '/1', () => ({})],
  ])('a user: %s emojis%s', async (method, path, options) => {
    expectRefusal(await alice.call(method, `emojis${path}`, options()), 403)
  })

  test('another app sees and changes nothing', async () => {
    const { id } = await add()
    expect((await stranger.must<ListObject<EmojiObject>>('GET', 'emojis')).entries).toEqual([])
    expectRefusal(await stranger.call('GET', `emojis/${id}`), 404)
    expectRefusal(await stranger.call('PUT', `emojis/${id}`, { json: { name: 'x' } }), 404)
    expectRefusal(await stranger.call('DELETE', `emojis/${id}`), 404)
    expect(await alice.must('GET', `emojis/${id}`)).toMatchObject({ name: '微笑', isDelete: false })
    expect(await stranger.must('POST', 'emojis', { json: SMILE })).toMatchObject({ name: '微笑' })
  })

  test('no token', async () => {
    expectRefusal(await alice.call('GET', 'emojis', { token: '' }), 400)
  })

  test.each([
    ['no name', { name: undefined }],
    ['an empty name', { name: '' }],
    ['a name of six characters', { name: 'abcdef' }],
    ['a name with brackets', { name: 'a]' }],
    ['a script as address', { url: 'javascript:alert(1)' }],
    ['an address that ends its quotes', { url: '/Emoji/a" onerror="alert(1)' }],
    ['no size', { width: 0 }],
    ['a huge size', { height: 100_000 }],
  ])('%s', async (_title, fields) => {
    expectRefusal(await admin.call('POST', 'emojis', { json: { ...SMILE, ...fields } }), 400)
  })
})

describe('/Emoji', () => {
  const PNG = Buffer.from('89504e470d0a1a0a', 'hex')
  beforeAll(async () => {
    await mkdir(join(folder.path, 'emoji', 'sub'), { recursive: true })
    await writeFile(join(folder.path, 'emoji', 'expr_1.png'), PNG)
    await writeFile(join(folder.path, 'emoji', 'evil.svg'), '<svg/>')
    await writeFile(join(folder.path, 'emoji', 'sub', 'a.png'), PNG)
    await writeFile(join(folder.path, 'secrets.png'), 'secret')
  })

  /** As it is: `fetch` would tidy the path first. */
  async function get(path: string): Promise<string> {
    const socket = connect(Number(new URL(env.url).port), '127.0.0.1')
    socket.write(`GET ${path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n`)
    return text(socket)
  }

  // Old clients put two slashes in front.
  test.each(['/Emoji/expr_1.png', '//Emoji/expr_1.png', '///Emoji/expr_1.png', '/Emoji/expr_1.png?v=1'])(
    '%s',
    async (path) => {
      const answer = await get(path)
      expect(answer).toMatch(/^HTTP\/1.1 200 /)
      expect(answer).toMatch(/content-type: image\/png/i)
      expect(answer).toMatch(/cache-control: public, max-age=86400/i)
      expect(answer).toMatch(/access-control-allow-origin: \*/i)
    },
  )

  test.each([
    '/Emoji/expr_2.png',
    '/Emoji/evil.svg',
    '/Emoji/sub/a.png',
    '/Emoji/sub%2fa.png',
    '/Emoji/../secrets.png',
    '/Emoji/..%2fsecrets.png',
    '/Emoji/%2e%2e%2fsecrets.png',
    '/Emoji/..%5csecrets.png',
    '//Emoji//../secrets.png',
    '/Emoji/%00.png',
    '/Emoji/.png',
    '/Emoji/',
    '/Emoji',
  ])('refused: %s', async (path) => {
    const answer = await get(path)
    expect(answer).toMatch(/^HTTP\/1.1 40[04] /)
    expect(answer).toMatch(/"message":"/)
    expect(answer).not.toMatch(/secret$/)
  })
})
