import { createHash } from 'node:crypto'
import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { describeApi } from '../../api/http/describe.js'
import type { AttachmentObject } from '../../shared/wire/attachments.js'
import type { ListObject, MemberObject, MessageObject, SessionObject } from '../../shared/wire/objects.js'
import { administratorOf } from '../helpers/admin.js'
import { expectInVain, expectRefusals, memberOf, removeMember } from '../helpers/attack.js'
import { request } from '../helpers/http.js'
import { oldUpload } from '../helpers/multipart.js'
import { type Person, stampOf } from '../helpers/person.js'
import { Reader } from '../helpers/reader.js'
import { expectRefusal } from '../helpers/refusal.js'
import { type TempFolder, useTempFolder } from '../helpers/temp-folder.js'
import { TestEnv } from '../helpers/test-env.js'

/**
 * Those of the original's weaknesses (yun2win.md §4) that lose, leak or spoil what is stored, attacked by
 * somebody who means it. What people may do is in weaknesses-rights, push and processes in weaknesses-push.
 */

let folder: TempFolder
let env: TestEnv
let now = 0
let admin: Person
let alice: Person
let bob: Person
let carol: Person
let mallory: Person

beforeAll(async () => {
  folder = await useTempFolder()
  env = await TestEnv.start({ settings: { DATA_DIR: folder.path }, now: () => now || Date.now() })
  const people = await env.people('alice', 'bob', 'carol', 'mallory')
  ;[alice, bob, carol, mallory] = people as [Person, Person, Person, Person]
  admin = await administratorOf(env.url)
})
afterAll(async () => {
  await env.close()
  await folder.remove()
})

const times = <T>(n: number, act: (n: number) => Promise<T>) => Promise.all([...Array(n).keys()].map(act))
const md5 = (data: string | Uint8Array) => createHash('md5').update(data).digest('hex')

const post = (path: string, json: object) => request('POST', `${env.url}/v1/${path}`, { json })
const login = (email: string, password: string) => post('users/login', { email, password })

describe('W1: commits that find the clock where it was', () => {
  let env: TestEnv
  let people: [Person, Person, Person, Person]
  beforeAll(async () => {
    env = await TestEnv.start()
    people = (await env.people('alice', 'bob', 'carol', 'dave')) as typeof people
    // The wall clock is an hour behind from now on: no commit finds a later millisecond.
    const { db } = env.api.context
    await db
      .updateTable('app_clock')
      .set({ v: String(Date.now() + 3600_000) })
      .execute()
  })
  afterAll(() => env.close())

  test('are lost by no cursor and given to none twice', async () => {
    const [alice, bob, carol] = people
    const { id } = await alice.group(bob, carol)
    const reader = new Reader(carol, `sessions/${id}/messages`, 1)
    const send = async (n: number) => (await (n % 2 ? alice : bob).send(id, `message ${n}`)).id
    const sent: string[] = []
    for (let n = 0; n < 5; n++) {
      sent.push(await send(n))
      while ((await reader.pull()) > 0);
      expect([...reader.rows.keys()]).toEqual(expect.arrayContaining(sent))
    }
    let isRacing = true
    const racing = times(40, send).finally(() => {
      isRacing = false
    })
    while (isRacing) await reader.pull()
    while ((await reader.pull()) > 0);
    expect([...reader.rows.keys()]).toEqual(expect.arrayContaining(await racing))
    expect(Object.fromEntries(reader.rows)).toEqual(Object.fromEntries(await reader.fresh()))
    expect(reader.repeated).toEqual([])
  })

  test('move the mts once each', async () => {
    const [alice, ...others] = people
    const { id } = await alice.group()
    const added = await Promise.all(others.map((person) => alice.add(id, person)))
    expect(new Set(added.map(({ createdAt }) => createdAt)).size).toBe(others.length)
  })
})

test('W10: whatever is created 20 times at once is there once', async () => {
  const { id: groupId } = await alice.group(bob)
  const erin = await env.person('erin')
  const create = (path: string, json: object) => alice.must<{ id: string }>('POST', path, { json })
  const message = { type: 'text', content: 'once', clientMessageId: 'c-1' }
  const creations: Record<string, (n: number) => Promise<{ id: string }>> = {
    'a message': () => create(`sessions/${groupId}/messages`, message),
    'a favourite': () => create(`users/${alice.id}/userSessions`, { sessionId: groupId }),
    'a conversation': () => create(`users/${alice.id}/userConversations`, { type: 'p2p', targetId: erin.id }),
    'a session': (n) => (n % 2 ? alice.p2pWith(carol) : carol.p2pWith(alice)),
    'a member': () => create(`sessions/${groupId}/members`, { userId: carol.id }),
  }
  for (const [title, creation] of Object.entries(creations)) {
    const ids = new Set((await times(20, creation)).map(({ id }) => id))
    expect({ title, count: ids.size }).toEqual({ title, count: 1 })
  }
  // Of contacts the first is made, and the others hear that there is one.
  const meetings = await times(20, (n) => {
    const [one, other] = n % 2 ? [alice, carol] : [carol, alice]
    return one.call('POST', `users/${one.id}/contacts`, { json: { userId: other.id } })
  })
  expect(meetings.map(({ status }) => status).filter((status) => status === 200)).toHaveLength(1)

  const count = async (path: string, fits: (entry: Record<string, unknown>) => boolean) =>
    (await alice.must<ListObject<Record<string, unknown>>>('GET', path)).entries.filter(fits).length
  expect([
    await count(`sessions/${groupId}/messages`, ({ content }) => content === 'once'),
    await count(`sessions/${groupId}/members`, ({ userId }) => userId === carol.id),
    await count(`users/${alice.id}/contacts`, ({ userId }) => userId === carol.id),
    await count(`users/${alice.id}/userSessions`, ({ sessionId }) => sessionId === groupId),
    await count(
      `users/${alice.id}/userConversations`,
      ({ targetId, type }) => type === 'p2p' && targetId === erin.id,
    ),
    await count(
      `users/${alice.id}/userConversations`,
      ({ targetId, type }) => type === 'p2p' && targetId === carol.id,
    ),
  ]).toEqual([1, 1, 1, 1, 1, 1])
})

describe('W12: a file of somebody else', () => {
  const bytes = Buffer.from('the secret plans')
  let file: AttachmentObject
  beforeAll(async () => {
    file = await alice.must('POST', 'attachments', oldUpload({ bytes, fileName: 'plans.txt' }))
  })

  /** As a browser: bytes and headers. */
  const open = async (path: string, token?: string) => {
    const headers: Record<string, string> = token ? { Authorization: `Bearer ${token}` } : {}
    const response = await fetch(`${env.url}/v1/attachments/${path}`, { headers })
    return { status: response.status, headers: response.headers, text: await response.text() }
  }
  const upload = (person: Person, text: string, type: string, md5Header = '') => {
    const { headers, raw } = oldUpload({ bytes: Buffer.from(text), type, fileName: `${type.slice(-3)}.html` })
    return person.must<AttachmentObject>('POST', 'attachments', {
      raw,
      headers: { ...headers, ...(md5Header && { 'Content-MD5': md5Header }) },
    })
  }

  test('is not had by its hash, and its key is not the hash', async () => {
    const hash = md5(bytes)
    for (const claim of [hash, Buffer.from(hash, 'hex').toString('base64'), file.md5]) {
      const own = await upload(mallory, 'nothing', 'text/plain', claim)
      expect(own.id).not.toBe(file.id)
      expect([hash, claim, file.md5]).not.toContain(own.md5)
      expect((await open(`${own.id}/content`, mallory.token)).text).toBe('nothing')
    }
    const sha = createHash('sha1').update(bytes).digest('hex')
    for (const key of [hash, sha, file.md5.slice(0, 31), '0'.repeat(32), 'undefined', 'null', '%00']) {
      const { status, text } = await open(`${file.id}/${key}`)
      expect({ key, isRefused: status >= 400 && status < 500 }).toEqual({ key, isRefused: true })
      expect(text).not.toContain('plans')
    }
    // That a file exists is not told either.
    const [wrongKey, wrongId] = [await open(`${file.id}/${hash}`), await open(`999999/${hash}`)]
    expect(wrongKey.text).toBe(wrongId.text)
    expect((await open(`${file.id}/${file.md5}`)).text).toBe(String(bytes))
  })

  test('is not read, deleted, or made one’s own by naming it', async () => {
    const path = `attachments/${file.id}`
    const { id: sessionId } = await mallory.p2pWith(bob)
    const content = JSON.stringify({ src: `${path}/content` })
    await mallory.must('POST', `sessions/${sessionId}/messages`, { json: { type: 'image', content } })
    await mallory.must('PUT', `users/${mallory.id}`, { json: { avatarUrl: `${path}/content` } })
    for (const thief of [mallory, bob]) {
      await expectRefusals([
        [403, thief, 'GET', path],
        [403, thief, 'GET', `${path}/content`],
        [403, thief, 'GET', `${path}/content/plans.txt`],
        [403, thief, 'GET', `${path}/content?thumbnail=1`],
        [403, thief, 'GET', `${path}/content?access_token=${thief.token}`, { token: undefined }],
        [403, thief, 'DELETE', path],
      ])
    }
    expect((await open(`${file.id}/content`, alice.token)).text).toBe(String(bytes))
  })

  test('does not run in anybody’s browser, and tells nothing of the server', async () => {
    const script = '<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>'
    for (const type of ['text/html', 'image/svg+xml', 'image/png', 'application/xhtml+xml']) {
      const evil = await upload(mallory, script, type)
      expect(Object.keys(evil).sort()).toEqual(
        ['createdAt', 'fileName', 'id', 'isDelete', 'md5', 'size', 'updatedAt'].sort(),
      )
      for (const { headers } of [
        await open(`${evil.id}/${evil.md5}`),
        await open(`${evil.id}/${evil.md5}.png`),
        await open(`${evil.id}/content/evil.html`, mallory.token),
      ]) {
        expect(headers.get('content-type')).toBe('application/octet-stream')
        expect(headers.get('content-disposition')).toMatch(/^attachment;/)
        expect(headers.get('x-content-type-options')).toBe('nosniff')
        expect(headers.get('content-security-policy')).toContain('sandbox')
        expect([...headers.values()].join()).not.toContain(folder.path)
      }
    }
  })
})

describe('W13: the key of an invitation', () => {
  /** From the mail, which is a file here. */
  async function keyMailedTo(email: string): Promise<string> {
    const outbox = join(folder.path, 'outbox')
    for (let tries = 0; tries < 400; tries++) {
      for (const file of await readdir(outbox).catch(() => [])) {
        const mail = (await readFile(join(outbox, file), 'utf8').catch(() => '')).replaceAll('=\r\n', '')
        const key = mail.includes(`To: ${email}`) && /key=(?:3D)?([\w-]{32})/.exec(mail)?.[1]
        if (key) return key
      }
      await sleep(25)
    }
    throw new Error(`no mail to ${email}`)
  }
  const register = (email: string, key: string) => post('users/register', { email, password: 'secret', key })

  test('opens once, in time, for its address, and cannot be guessed', async () => {
    const { id } = await alice.group()
    const email = 'frank@example.com'
    const path = `sessions/${id}/members/invite`
    const invited = await alice.must<MemberObject>('POST', path, { json: { email } })
    const key = await keyMailedTo(email)
    const guesses = [-1, 0, 1].map((n) => String(Number(invited.id) + n))
    for (const guess of [...guesses, email, md5(email), key.toLowerCase(), `${key}A`, key.slice(1), '%']) {
      expectRefusal(await register(email, guess), 400)
    }
    for (const other of ['mallory2@example.com', `${email}.cn`, 'frank']) {
      expectRefusal(await register(other, key), 400)
      expectRefusal(await login(other, 'secret'), 400)
    }
    now = Date.now() + 8 * 24 * 3600_000
    expectRefusal(await register(email, key), 400)
    now = 0
    expectRefusal(await login(email, 'secret'), 400)
    expect(await alice.pullMembers(id)).toMatchObject({ entries: [{ userId: alice.id }, invited] })

    const answers = await times(5, () => register(email, key))
    expect(answers.filter(({ status }) => status === 200)).toHaveLength(1)
    expectRefusal(await register('frank2@example.com', key), 400)
    const { entries } = await alice.pullMembers(id)
    expect(entries.filter(({ isDelete }) => !isDelete)).toMatchObject([
      { userId: alice.id, role: 'master' },
      { id: invited.id, role: 'user', name: 'frank' },
    ])
  })
})

describe('W16: after a removal', () => {
  const promote = async (id: string, person: Person) => {
    const path = `sessions/${id}/members/${(await memberOf(alice, id, person)).id}`
    await alice.must('PUT', path, { json: { role: 'admin' } })
  }
  const expectMaster = async (id: string, person: Person) => {
    const { entries } = await person.pullMembers(id)
    const masters = entries.filter(({ role }) => role === 'master')
    expect(masters).toMatchObject([{ userId: person.id, isDelete: false }])
    await person.must('PUT', `sessions/${id}`, { json: { name: 'mine now' } })
  }

  test('mastership goes to somebody who is there, administrators first', async () => {
    const { id } = await alice.group(bob, mallory, carol)
    for (const person of [bob, carol]) await promote(id, person)
    await removeMember(alice, id, bob)
    await removeMember(alice, id, alice)
    await expectMaster(id, carol)
    // Whoever comes back does not bring his rank along.
    const back = { json: { userId: alice.id } }
    expect(await carol.must('POST', `sessions/${id}/members`, back)).toMatchObject({ role: 'user' })
  })

  test('it goes to nobody whose account is closed', async () => {
    const [closed, deleted] = (await env.people('closed', 'deleted')) as [Person, Person]
    const { id } = await alice.group(closed, deleted, carol)
    for (const person of [closed, deleted]) await promote(id, person)
    await admin.must('PUT', `users/${closed.id}`, { json: { status: 'inactive' } })
    await admin.must('DELETE', `users/${deleted.id}`)
    await removeMember(alice, id, alice)
    await expectMaster(id, carol)
  })

  test('history ends there, whatever becomes of the session', async () => {
    const { id } = await alice.group(bob, carol)
    const seen = await alice.send(id, 'before')
    await removeMember(alice, id, bob)
    const history = () => bob.must<MessageObject[]>('GET', `sessions/${id}/messages/history`)
    const atRemoval = await history()
    expect(atRemoval[0]).toMatchObject({ id: seen.id })
    const after = await alice.send(id, 'after')
    const edit = { json: { type: 'text', content: 'edited after' } }
    await alice.must('PUT', `sessions/${id}/messages/${seen.id}`, edit)
    await removeMember(alice, id, carol)
    await removeMember(alice, id, alice)
    expect(await history()).toHaveLength(atRemoval.length)
    expect(JSON.stringify(await history())).not.toContain('after')
    await expectRefusals([
      [403, bob, 'GET', `sessions/${id}/messages`],
      [404, bob, 'GET', `sessions/${id}/messages/${after.id}`],
    ])
  })
})

test('W19: a new name and picture show wherever the old ones did', async () => {
  const ivan = await env.person('ivan')
  await alice.must('POST', `users/${alice.id}/contacts`, { json: { userId: ivan.id } })
  await alice.p2pWith(ivan)
  const { id } = await alice.group(ivan)
  const json = { name: 'Ivan the Second', avatarUrl: 'attachments/1/new' }
  const { updatedAt } = await ivan.must<{ updatedAt: string }>('PUT', `users/${ivan.id}`, { json })
  for (const path of [
    `users/${alice.id}/contacts`,
    `users/${alice.id}/userConversations`,
    `sessions/${id}/members`,
  ]) {
    // By the cursor of somebody who had seen everything before.
    const { entries } = await alice.must<ListObject<object>>('GET', path, { cursor: stampOf(updatedAt) - 1 })
    expect({ path, entries }).toMatchObject({ path, entries: [json] })
  }
})

describe('W20: markup', () => {
  const MARKUP = '<img src=x onerror="alert(1)">'

  /** Every text that old clients put into their pages as it is: all but what users say. */
  function shownTexts(value: unknown): string[] {
    if (typeof value === 'string') return [value]
    if (typeof value !== 'object' || value === null) return []
    const { type, content, ...rest } = value as { type?: string; content?: string }
    const said = type === 'system' && content ? [JSON.parse(content).text as string] : []
    return [...said, ...Object.values(Array.isArray(value) ? value : rest).flatMap(shownTexts)]
  }

  test('in names, files and system messages reaches nobody', async () => {
    const json = { email: 'judy@example.com', password: 'p', name: MARKUP, avatarUrl: `"${MARKUP}` }
    expect(await post('users/register', json)).toMatchObject({ status: 200 })
    const { id: judyId } = (await login(json.email, 'p')).body
    const profile = {
      name: `m ${MARKUP}`,
      avatarUrl: MARKUP,
      jobTitle: MARKUP,
      phone: MARKUP,
      address: MARKUP,
    }
    await mallory.must('PUT', `users/${mallory.id}`, { json: profile })
    const own = { type: 'group', name: MARKUP, avatarUrl: `x" ${MARKUP}` }
    const { id } = await mallory.must<SessionObject>('POST', 'sessions', { json: own })
    for (const person of [mallory, bob, { id: judyId }]) await mallory.add(id, person)
    await mallory.must('PUT', `sessions/${id}`, { form: { name: `g ${MARKUP}`, avatarUrl: MARKUP } })
    const contact = await bob.must<{ id: string }>('POST', `users/${bob.id}/contacts`, {
      json: { userId: mallory.id, name: MARKUP },
    })
    const titles = { json: { title: MARKUP, remark: MARKUP } }
    await bob.must('PUT', `users/${bob.id}/contacts/${contact.id}`, titles)
    await bob.must('POST', `users/${bob.id}/userSessions`, { json: { sessionId: id, name: MARKUP } })

    const messages = `sessions/${id}/messages`
    const systemTexts = [
      JSON.stringify({ text: MARKUP }),
      JSON.stringify({ text: MARKUP }).replaceAll('<', '\\u003c').replaceAll('>', '\\u003E'),
      `{"text":"harmless","text":${JSON.stringify(MARKUP)}}`,
      `{"text":${JSON.stringify(MARKUP)},"__proto__":{"text":"harmless"}}`,
    ]
    for (const content of systemTexts) {
      for (const sender of ['system', mallory.id]) {
        await mallory.must('POST', messages, { json: { sender, type: 'system', content } })
      }
      const { id: recalled } = await mallory.send(id, 'to be recalled')
      await mallory.must('PUT', `${messages}/${recalled}`, { json: { type: 'system', content } })
    }
    const bare = await mallory.must<MessageObject>('POST', messages, {
      json: { type: 'system', sender: 'system', content: MARKUP },
    })
    expect(bare.content).not.toMatch(/[<>]/)
    await mallory.must('DELETE', `${messages}/${bare.id}`)
    const file = oldUpload({ bytes: Buffer.from('x'), fileName: "<svg onload='alert(1)'>.png" })
    const uploaded = await mallory.must<AttachmentObject>('POST', 'attachments', file)
    expectRefusal(
      await mallory.call('POST', `sessions/${id}/members/invite`, { json: { email: MARKUP } }),
      400,
    )

    const lists = ['contacts', 'userConversations', 'userSessions'].map((list) => `users/${bob.id}/${list}`)
    const texts = [
      uploaded,
      ...(await Promise.all(
        [`sessions/${id}`, `sessions/${id}/members`, messages, `users/${mallory.id}`, ...lists].map((path) =>
          bob.must('GET', path),
        ),
      )),
    ].flatMap(shownTexts)
    // What is left of it is there, so that the looking was in the right places.
    expect(texts.filter((text) => text.includes('img src=x onerror=alert(1)')).length).toBeGreaterThan(15)
    expect(texts.filter((text) => /[<>"]/.test(text))).toEqual([])
  })

  test('in what is refused does not come back in the refusal', async () => {
    const encoded = encodeURIComponent(MARKUP)
    for (const answer of [
      await login(MARKUP, 'p'),
      await login(alice.login.email, MARKUP),
      await post('users/login', { email: 'alice@example.com', password: 'p', appKey: MARKUP }),
      await post('users/register', { email: MARKUP, password: 'p' }),
      await post('users/register', { email: 'x@example.com', password: 'p', key: MARKUP }),
      await post('users/login', { [MARKUP]: { [MARKUP]: MARKUP } }),
      await alice.call('GET', `users/${encoded}`),
      await alice.call('GET', `${encoded}?${encoded}=${encoded}`),
      await alice.call('GET', 'sessions', { cursor: MARKUP }),
      await alice.call('POST', 'sessions', { json: { type: MARKUP } }),
      await alice.call('POST', 'sessions', { raw: MARKUP, headers: { 'Content-Type': 'application/json' } }),
    ]) {
      expectRefusal(answer)
      expect(JSON.stringify(answer.body)).not.toMatch(/[<>]|onerror/)
      expect(answer.headers.get('content-type')).toMatch(/^application\/json/)
    }
  })
})

describe('W21: every handler answers', () => {
  const paths = describeApi([]).document.paths as Record<string, Record<string, unknown>>
  const operations = Object.entries(paths)
    .filter(([path]) => path.startsWith('/v1/'))
    .flatMap(([path, methods]) => Object.keys(methods).map((method) => [method.toUpperCase(), path]))

  test.each(operations as [string, string][])('%s %s', async (method, path) => {
    // A login of its own each: one of them ends it.
    const isPublic = /register|login$|\{key\}/.test(path)
    const token = isPublic ? undefined : (await login(alice.login.email, 'password of alice')).body.token
    for (const id of ['999999', 'x']) {
      const url = env.url + path.replace(/\{\w+\}/g, id)
      for (const cursor of ['yesterday', 'NaN', '2016-99-99', '-', '1e999']) {
        expectRefusal(await request(method, url, { token, cursor }))
      }
      const { status } = await request(method, url, { token, cursor: -2206310400000 })
      expect(status).toBeLessThan(500)
    }
  })

  test('the two that never did', async () => {
    const { id } = await alice.p2pWith(bob)
    const message = await alice.send(id, 'hello')
    const path = `users/${alice.id}/userConversations`
    const [conversation] = (await alice.pullConversations()).entries.filter((each) => each.sessionId === id)
    expect(await alice.must('GET', `sessions/${id}/messages/${message.id}`, { cursor: 0 })).toEqual(message)
    const one = `${path}/${conversation?.id}`
    expect(await alice.must('GET', one, { cursor: 946684800000 })).toEqual(conversation)
    expect(await alice.must('GET', one, { cursor: 32503680000000 })).toBeNull()
    await expectInVain(
      alice,
      [id],
      [
        [400, alice, 'GET', one, { cursor: 'never' }],
        [400, alice, 'GET', `sessions/${id}/messages/${message.id}`, { cursor: 'never' }],
        [404, alice, 'GET', `${path}/999999`, { cursor: 0 }],
      ],
    )
  })
})
