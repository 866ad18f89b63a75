import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals'
import { administratorOf } from '../helpers/admin.js'
import { expectRefusal } from '../helpers/refusal.js'
import { TEST_APP } from '../helpers/test-app.js'
import { TestEnv } from '../helpers/test-env.js'
import {
  changedAt,
  ENCODINGS,
  md5,
  PushLink,
  pushAddress,
  syncsOf,
  VendorClient,
  vendorSettings,
} from '../helpers/vendor-client.js'

/** The old web client from its first page to its first chat: the sequences of yun2win.md §5, one by one. */

describe.each(ENCODINGS)('the old client, in %s', (encoding) => {
  let env: TestEnv
  const clients: VendorClient[] = []

  beforeAll(async () => {
    env = await TestEnv.start({ settings: await vendorSettings() })
  })
  afterEach(() => {
    for (const client of clients.splice(0)) client.close()
  })
  afterAll(() => env.close())

  /** People with accounts of their own, logged in and connected. */
  async function people(...names: string[]): Promise<VendorClient[]> {
    const found = await Promise.all(names.map((name) => VendorClient.of(env.url, encoding, name)))
    clients.push(...found)
    for (const client of found) await client.connect()
    return found
  }

  /** A page that nobody has logged in on. */
  const page = () => new VendorClient(env.url, encoding)

  describe('Register', () => {
    const register = (fields: Record<string, string | null | undefined>) =>
      page().call('POST', 'users/register', { fields })

    test('e-mail, MD5 and name make an account; the answer is a user without any secret', async () => {
      const { status, body } = await register({ email: 'Reg@X.com', password: md5('secret'), name: 'Reg' })
      expect(status).toBe(200)
      expect(body).toEqual({
        id: expect.stringMatching(/^[0-9A-Za-z-]+$/),
        email: 'reg@x.com',
        name: 'Reg',
        role: 'user',
        status: 'active',
        jobTitle: '',
        phone: '',
        address: '',
        avatarUrl: '',
        pinyin: expect.any(Array),
        isDelete: false,
        createdAt: body.updatedAt,
        updatedAt: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/),
      })
    })

    test('what is left out, `null` or one space: the name before the @, no avatar, no invitation', async () => {
      const password = md5('secret')
      const bare = await register({ email: 'bare@x.com', password, name: undefined, key: '' })
      expect(bare).toMatchObject({ status: 200, body: { name: 'bare' } })
      const nulls = await register({ email: 'nulls@x.com', password, name: null, avatarUrl: ' ', key: null })
      expect(nulls).toMatchObject({ status: 200, body: { name: 'nulls', avatarUrl: '' } })
    })

    test('a taken e-mail is refused with a text for the page, and never 401', async () => {
      const password = md5('secret')
      expect(await register({ email: 'taken@x.com', password, name: 'First' })).toMatchObject({ status: 200 })
      for (const email of ['taken@x.com', 'TAKEN@x.com']) {
        const refused = await register({ email, password: md5('other'), name: 'Second' })
        expectRefusal(refused, 409)
        expect(refused.body.message).toBe('该账号已被注册')
      }
      expect(await page().signIn('taken@x.com', 'other')).toMatchObject({ status: 400 })
    })

    test.each([
      ['password', { email: 'missing@x.com', name: 'M' }],
      ['email', { password: md5('secret'), name: 'M' }],
      ['password', { email: 'missing@x.com', password: null }],
    ])('without %s: the vendor’s words', async (field, fields) => {
      const refused = await register(fields)
      expectRefusal(refused, 400)
      expect(refused.body).toMatchObject({ error: 'Parameter error', message: `${field}参数不存在！` })
    })

    test('the key of no invitation makes no account', async () => {
      const refused = await register({ email: 'keyed@x.com', password: md5('secret'), name: 'K', key: '1' })
      expectRefusal(refused)
      expect(refused.status).not.toBe(401)
      expect(await page().signIn('keyed@x.com', 'secret')).toMatchObject({ body: { message: '用户不存在' } })
    })
  })

  describe('Login', () => {
    test('gives all that goes into localStorage', async () => {
      const client = page()
      const fields = { email: 'log@x.com', password: md5('typed'), name: 'Log' }
      const user = await client.must<object>('POST', 'users/register', { fields })
      const { status, body } = await client.signIn('log@x.com', 'typed')
      expect(status).toBe(200)
      expect(body).toEqual({
        ...user,
        token: expect.stringMatching(/^\S+$/),
        // Ours alone: old clients keep it with the rest and never look at it.
        fileToken: expect.stringMatching(/^\S+$/),
        expires: 2_592_000,
        key: TEST_APP.appKey,
        secret: expect.stringMatching(/^[0-9a-f]{32}==\d{4}-\d{1,2}-\d{1,2}$/),
      })
      expect(await client.must('GET', `users/${client.id}`)).toEqual(user)
    })

    test('refusals are plain texts for the page, and never 401', async () => {
      const [alice] = (await people('Alice')) as [VendorClient]
      const { email } = alice.me
      const refused = async (account: string, typed: string) => {
        const answer = await page().signIn(account, typed)
        expectRefusal(answer, 400)
        return (answer.body as unknown as { message: string }).message
      }
      expect(await refused('nobody@x.com', 'Alice')).toBe('用户不存在')
      expect(await refused(email, 'alice')).toBe('用户密码不匹配')
      const admin = await administratorOf(env.url)
      await admin.must('PUT', `users/${alice.id}`, { json: { email, name: 'Alice', status: 'inactive' } })
      expect(await refused(email, 'Alice')).toBe('账号已停用')
      await admin.must('PUT', `users/${alice.id}`, { json: { email, name: 'Alice', status: 'active' } })
      expect(await page().signIn(email, 'Alice')).toMatchObject({ status: 200 })
      await admin.must('DELETE', `users/${alice.id}`)
      expect(await refused(email, 'Alice')).toBe('账号已停用')
    })
  })

  describe('Open main page', () => {
    test('token and lists, gate and CONNECT, accept, and then the lists once more', async () => {
      const [bob, alice] = (await people('Bob', 'Alice')) as [VendorClient, VendorClient]
      const admin = await administratorOf(env.url)
      const emoji = { name: encoding, url: '/Emoji/expr_1.png' }
      await admin.must('POST', 'emojis', { json: emoji })
      await bob.must('POST', `users/${bob.id}/contacts`, { fields: { userId: alice.id, name: 'Alice' } })
      const chat = await bob.openP2p(alice)
      await chat.post('text', { text: 'hi' })
      const group = await bob.createGroup(alice)
      const favourite = { sessionId: group.id, name: 'G', avatarUrl: ' ' }
      await alice.must('POST', `users/${alice.id}/userSessions`, { fields: favourite })

      // 1. in parallel the token and the first list, then the others
      const [token] = await Promise.all([alice.requestImToken(), alice.conversations.pull()])
      await alice.contacts.pull()
      await alice.favourites.pull()
      await alice.emojis.pull()
      expect(token.status).toBe(200)
      expect(token.body.access_token).toMatch(/^\S+$/)
      expect(token.headers.get('cache-control')).toBe('no-store')
      expect(alice.conversationOf(bob.id)).toMatchObject({
        type: 'p2p',
        name: 'Bob',
        unread: 2,
        lastMessage: { sender: bob.id, type: 'text', content: '{"text":"hi"}' },
      })
      expect(alice.conversationOf(group.id)).toMatchObject({ type: 'group', name: 'Bob,Alice', unread: 1 })
      expect(alice.contacts.all).toMatchObject([{ userId: bob.id, email: bob.me.email, isDelete: false }])
      expect(alice.favourites.all).toMatchObject([
        { sessionId: group.id, name: 'Bob,Alice', isDelete: false },
      ])
      expect(alice.emojis.all).toMatchObject([{ ...emoji, isDelete: false }])

      // 2. and 3. the gate, CONNECT with 00<guid>, CONNACK 0, accept
      const gate = await alice.requestGate()
      expect(gate.headers.get('access-control-allow-origin')).toBe('*')
      expect(pushAddress(gate.body.data.url)).toBe(env.wsUrl)
      const link = await PushLink.dial(gate.body.data.url)
      link.sendConnect(alice.id, token.body.access_token, `00${crypto.randomUUID()}`)
      expect(await link.connack()).toMatchObject({ returnCode: 0 })
      await link.waitFor((frame) => frame.returnCode === 11)
      expect(link.frames[0]).toEqual({ returnCode: 11 })

      // 4. again, and nothing comes twice
      expect(await alice.pullLists()).toEqual({ conversations: [], contacts: [], favourites: [] })
      link.close()
    })

    test('somebody new has lists that are empty, not missing', async () => {
      const [alice] = (await people('Alice')) as [VendorClient]
      for (const { path } of [alice.conversations, alice.contacts, alice.favourites, alice.emojis]) {
        expect(await alice.must('GET', path, { cursor: Date.now() })).toEqual({ total_count: 0, entries: [] })
      }
    })

    test('the other side’s changes between the first and the second look are in the second', async () => {
      const [alice, bob] = (await people('Alice', 'Bob')) as [VendorClient, VendorClient]
      await alice.pullLists()
      const chat = await bob.openP2p(alice)
      await bob.must('POST', `users/${bob.id}/contacts`, { fields: { userId: alice.id, name: 'Alice' } })
      const sent = await chat.post('text', { text: 'hi' })
      const { conversations, contacts } = await alice.pullLists()
      expect(conversations).toMatchObject([{ targetId: bob.id, updatedAt: sent.updatedAt }])
      expect(contacts).toMatchObject([{ userId: bob.id }])
      expect(await alice.contacts.fresh()).toEqual(alice.contacts.rows)
    })

    test('/oauth/token: 400 for a stale secret only, 401 for a bad user token', async () => {
      const [alice] = (await people('Alice')) as [VendorClient]
      const stale = await alice.requestImToken({ client_secret: `${md5('stale')}==2016-1-28` })
      expectRefusal(stale, 400)
      expect(stale.headers.get('access-control-allow-origin')).toBe('*')
      expectRefusal(await alice.requestImToken({ client_id: 'no such key' }), 400)
      expectRefusal(await alice.requestImToken({}, 'expired'), 401)
    })

    test.each<[string, (client: VendorClient) => string]>([
      ['garbage', () => 'garbage'],
      ['the token of the business API', (client) => client.me.token],
    ])('CONNECT with %s: CONNACK 5 and the end', async (_title, tokenOf) => {
      const [alice] = (await people('Alice')) as [VendorClient]
      const gate = await alice.requestGate()
      const link = await PushLink.dial(gate.body.data.url)
      link.sendConnect(alice.id, tokenOf(alice), `00${crypto.randomUUID()}`)
      expect(await link.connack()).toMatchObject({ returnCode: 5 })
      await link.closed
      expect(link.frames).toEqual([])
    })

    test('CONNECT as somebody else: CONNACK 5', async () => {
      const [alice, bob] = (await people('Alice', 'Bob')) as [VendorClient, VendorClient]
      const { body } = await alice.requestImToken()
      const link = await PushLink.dial((await alice.requestGate()).body.data.url)
      link.sendConnect(bob.id, body.access_token, `00${crypto.randomUUID()}`)
      expect(await link.connack()).toMatchObject({ returnCode: 5 })
      await link.closed
    })

    test('a 401, upon which the client logs in anew and repeats it as GET /v1/http://…: a plain 404', async () => {
      const [alice, bob] = (await people('Alice', 'Bob')) as [VendorClient, VendorClient]
      const chat = await alice.openP2p(bob)
      const path = `sessions/${chat.id}/messages`
      const fields = { sender: alice.id, content: '{"text":"again"}', type: 'text' }
      const refused = await alice.call('POST', path, { fields, token: 'expired' })
      expectRefusal(refused, 401)
      expect(refused.body).toMatchObject({ error: 'invalid_token' })
      expect(refused.headers.get('access-control-allow-origin')).toBe('*')

      // The stored MD5 still opens; the new token is in the repeated request.
      expect((await alice.signIn(alice.me.email, 'Alice')).status).toBe(200)
      const repeated = await alice.call('GET', `${env.url}/v1/${path}`)
      expectRefusal(repeated, 404)
      expect(repeated.headers.get('content-type')).toMatch(/^application\/json/)
      expect(repeated.body).toMatchObject({ status: 404, message: 'Not Found' })
      // After five seconds the client sends it again.
      expect(await alice.must('POST', path, { fields })).toMatchObject({ content: '{"text":"again"}' })
      expect((await chat.history()).filter(({ type }) => type === 'text')).toHaveLength(1)
    })
  })

  describe('Add contact by e-mail', () => {
    test('search, contact, session, members, notification: each in the other’s lists, and the chat opens', async () => {
      const [alice, bob] = (await people('Alice', 'Bob')) as [VendorClient, VendorClient]
      // Whose name is somebody else's account comes after that account.
      clients.push(await VendorClient.of(env.url, encoding, bob.me.email))
      for (const client of [alice, bob]) await client.pullLists()

      const found = await alice.must<{ total_count: number; entries: { id: string; name: string }[] }>(
        'GET',
        `users?filter_term=${bob.me.email}`,
      )
      expect(found.total_count).toBeGreaterThan(0)
      expect(found.entries[0]).toMatchObject({ id: bob.id, name: 'Bob', email: bob.me.email })

      const added = await alice.must<{ id: string; updatedAt: string }>(
        'POST',
        `users/${alice.id}/contacts`,
        {
          fields: { userId: bob.id, name: 'Bob' },
        },
      )
      expect(added).toMatchObject({
        userId: bob.id,
        name: 'Bob',
        email: bob.me.email,
        pinyin: expect.any(Array),
        titlePinyin: expect.any(Array),
        isDelete: false,
      })
      expect(Object.values(added)).not.toContain(null)

      const chat = await alice.openP2p(bob)
      expect(chat.session).toEqual({
        id: expect.stringMatching(/^[0-9A-Za-z-]+$/),
        name: expect.any(String),
        secureType: expect.any(String),
        type: 'p2p',
        description: expect.any(String),
        createdAt: expect.any(String),
        updatedAt: expect.any(String),
        avatarUrl: expect.any(String),
      })
      expect(chat.liveMembers.map(({ userId }) => userId).sort()).toEqual([alice.id, bob.id].sort())

      const syncs = [{ type: 0 }, { type: 2 }, { type: 1, sessionId: chat.ref }]
      const pns = 'Alice added you'
      const [codes, conversations] = await Promise.all([
        alice.notify(chat, syncs, { pns }),
        alice.conversations.pull(),
      ])
      expect(codes).toEqual([20])
      expect(conversations).toMatchObject([
        {
          targetId: bob.id,
          name: 'Bob',
          type: 'p2p',
          unread: 1,
          lastMessage: { type: 'system' },
          isDelete: false,
        },
      ])
      expect(await alice.contacts.pull()).toEqual([added])

      await bob.connected.relayed({ syncs, pns: { msg: pns } })
      await bob.connected.told(changedAt(added), [{ type: 2 }])
      await bob.connected.told(chat.mts, syncsOf(chat))
      expect(await bob.contacts.pull()).toMatchObject([
        { userId: alice.id, name: 'Alice', email: alice.me.email, pinyin: expect.any(Array) },
      ])
      expect(await bob.conversations.pull()).toMatchObject([{ targetId: alice.id, name: 'Alice', unread: 1 }])

      const shown = await chat.history()
      expect(shown).toMatchObject([
        { sender: 'system', type: 'system', content: expect.stringContaining('text') },
      ])
      expect(await alice.conversations.pull()).toMatchObject([{ targetId: bob.id, unread: 0 }])
    })

    test('an account with a +, which the client does not escape', async () => {
      const [alice] = (await people('Alice')) as [VendorClient]
      const fields = { email: 'b+1@x.com', password: md5('b'), name: 'Plus' }
      await page().must('POST', 'users/register', { fields })
      expect(await alice.must('GET', 'users?filter_term=b+1@x.com')).toMatchObject({
        total_count: 1,
        entries: [{ name: 'Plus' }],
      })
    })

    test('nobody has that account: an empty list', async () => {
      const [alice] = (await people('Alice')) as [VendorClient]
      expect(await alice.must('GET', 'users?filter_term=nobody@x.com')).toEqual({
        total_count: 0,
        entries: [],
      })
    })

    test('somebody who is a contact already, oneself, and nobody: an error, and nothing changes', async () => {
      const [alice, bob] = (await people('Alice', 'Bob')) as [VendorClient, VendorClient]
      const add = (userId: string) =>
        alice.call('POST', `users/${alice.id}/contacts`, { fields: { userId, name: 'x' } })
      expect(await add(bob.id)).toMatchObject({ status: 200 })
      await alice.contacts.pull()
      expectRefusal(await add(bob.id), 409)
      expectRefusal(await add(alice.id), 400)
      expectRefusal(await add('999999999'), 404)
      expect(await alice.contacts.pull()).toEqual([])
      // And so it is from the other side, whom the first made a contact, too.
      const fields = { userId: alice.id, name: 'Alice' }
      expectRefusal(await bob.call('POST', `users/${bob.id}/contacts`, { fields }), 409)
    })

    test('deleted and added again: the same id; a remark with the title that there is not', async () => {
      const [alice, bob] = (await people('Alice', 'Bob')) as [VendorClient, VendorClient]
      const base = `users/${alice.id}/contacts`
      const contact = { userId: bob.id, name: 'Bob' }
      const { id } = await alice.must<{ id: string }>('POST', base, { fields: contact })
      const remarked = await alice.must('PUT', `${base}/${id}`, {
        fields: { ...contact, title: null, remark: 'of work', avatarUrl: ' ', email: bob.me.email },
      })
      expect(remarked).toMatchObject({ id, title: '', remark: 'of work', name: 'Bob', avatarUrl: '' })
      await alice.contacts.pull()
      expect(await alice.must('DELETE', `${base}/${id}`)).toEqual({})
      expect(await alice.contacts.pull()).toMatchObject([{ id, isDelete: true }])
      // One-sided.
      await bob.contacts.pull()
      expect(bob.contacts.all).toMatchObject([{ userId: alice.id, isDelete: false }])
      expect(await alice.must('POST', base, { fields: contact })).toMatchObject({ id, isDelete: false })
      expect(await alice.contacts.pull()).toMatchObject([{ id, isDelete: false }])
      expect(await alice.contacts.fresh()).toEqual(alice.contacts.rows)
    })
  })
})
