import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals'
import type { AttachmentObject } from '../../shared/wire/attachments.js'
import { oldUpload } from '../helpers/multipart.js'
import { expectRefusal } from '../helpers/refusal.js'
import { type TempFolder, useTempFolder } from '../helpers/temp-folder.js'
import { TestEnv } from '../helpers/test-env.js'
import {
  type Chat,
  changedAt,
  ENCODINGS,
  syncsOf,
  VendorClient,
  vendorSettings,
} from '../helpers/vendor-client.js'

/** The old web client in a chat of two: the sequences of yun2win.md §5, one by one. */

describe.each(ENCODINGS)('the old client, in %s', (encoding) => {
  let env: TestEnv
  let folder: TempFolder
  const clients: VendorClient[] = []
  let alice: VendorClient
  let bob: VendorClient

  beforeAll(async () => {
    folder = await useTempFolder()
    env = await TestEnv.start({ settings: { ...(await vendorSettings()), DATA_DIR: folder.path } })
  })
  afterEach(() => {
    for (const client of clients.splice(0)) client.close()
  })
  afterAll(async () => {
    await env.close()
    await folder.remove()
  })

  async function person(name: string): Promise<VendorClient> {
    const client = await VendorClient.of(env.url, encoding, name)
    clients.push(client)
    await client.connect()
    await client.pullLists()
    return client
  }

  /** Alice and Bob, who have a session with nothing unread, open on both sides. */
  async function chatOfTwo(): Promise<[Chat, Chat]> {
    ;[alice, bob] = (await Promise.all(['Alice', 'Bob'].map(person))) as [VendorClient, VendorClient]
    const own = await alice.openP2p(bob)
    const others = await bob.openP2p(alice)
    for (const chat of [own, others]) {
      await chat.history()
      await chat.client.pullLists()
    }
    return [own, others]
  }

  /** POST and all that follows: notification, own list, own message. */
  async function send(chat: Chat, type: string, content: object, pns = 'pns') {
    const { client } = chat
    const message = await chat.post(type, content)
    const [codes, conversations] = await Promise.all([
      client.notify(chat, syncsOf(chat), { pns }),
      client.conversations.pull(),
    ])
    const { entries } = await chat.pullMessages()
    return { message, codes, conversations, entries }
  }

  const texts = (messages: { content: string }[]) => messages.map(({ content }) => JSON.parse(content).text)

  describe('Open p2p chat', () => {
    test('session, members, history from the year 3000: newest first, and read with that', async () => {
      ;[alice, bob] = (await Promise.all(['Alice', 'Bob'].map(person))) as [VendorClient, VendorClient]
      const theirs = await bob.openP2p(alice)
      await theirs.post('text', { text: 'one' })
      await theirs.post('text', { text: 'two' })
      expect(await alice.conversations.pull()).toMatchObject([{ targetId: bob.id, unread: 3 }])

      const chat = await alice.openP2p(bob)
      expect(chat.ref).toBe(theirs.ref)
      expect(Object.keys(chat.session).sort()).toEqual(
        ['id', 'name', 'secureType', 'type', 'description', 'createdAt', 'updatedAt', 'avatarUrl'].sort(),
      )
      // Whom the client has not met it knows from here.
      expect(chat.member(bob)).toMatchObject({
        name: 'Bob',
        status: 'active',
        avatarUrl: '',
        isDelete: false,
      })
      const page = await chat.history()
      expect(page).toMatchObject([
        { sender: bob.id, type: 'text', content: '{"text":"two"}', sessionId: chat.id, isDelete: false },
        { sender: bob.id, type: 'text', content: '{"text":"one"}' },
        { sender: 'system', type: 'system' },
      ])
      expect(await alice.conversations.pull()).toMatchObject([{ targetId: bob.id, unread: 0 }])
      expect(await chat.pullMessages()).toEqual({ entries: [], members: undefined })
    })

    test('scrolling up: whole pages until one is short, nothing twice, nothing left out', async () => {
      const [chat] = await chatOfTwo()
      for (let n = 1; n <= 44; n++) await chat.post('text', { text: `${n}` })
      const again = await alice.openP2p(bob)
      const pages = [await again.history(), await again.history(), await again.history()]
      expect(pages.map(({ length }) => length)).toEqual([20, 20, 5])
      const expected = [...Array(44).keys()].map((n) => `${44 - n}`)
      expect(texts(pages.flat().filter(({ type }) => type === 'text'))).toEqual(expected)
      expect(await again.history()).toEqual([])
    })

    test('after a reload session and members are of localStorage, and only history is fetched', async () => {
      const [chat, theirs] = await chatOfTwo()
      await theirs.post('text', { text: 'before the reload' })
      chat.messages.rows.clear()
      expect(texts(await chat.history())).toContain('before the reload')
      expect(await alice.notify(chat, syncsOf(chat), { pns: 'x' })).toEqual([20])
    })

    test('of two others: neither session, nor members, nor history', async () => {
      const [chat] = await chatOfTwo()
      const carol = await person('Carol')
      for (const path of [
        `sessions/p2p/${alice.id}/${bob.id}`,
        `sessions/${chat.id}`,
        `sessions/${chat.id}/members`,
        `sessions/${chat.id}/messages`,
        `sessions/${chat.id}/messages/history?limit=20`,
      ]) {
        expectRefusal(await carol.call('GET', path, { cursor: chat.mts }), 403)
      }
      expectRefusal(await carol.call('GET', `sessions/p2p/${carol.id}/999999999`), 404)
    })
  })

  describe('Send text', () => {
    test('stored, announced with ack 20, in the own list at once, and pulled once', async () => {
      const [chat] = await chatOfTwo()
      const phone = await alice.elsewhere()
      clients.push(phone)
      const mark = alice.connected.frames.length
      const { message, codes, conversations, entries } = await send(chat, 'text', { text: 'hi' }, 'Alice: hi')
      expect(message).toEqual({
        id: expect.stringMatching(/^[0-9A-Za-z-]+$/),
        sessionId: chat.id,
        sender: alice.id,
        type: 'text',
        content: '{"text":"hi"}',
        isDelete: false,
        createdAt: message.updatedAt,
        updatedAt: expect.any(String),
      })
      expect(codes).toEqual([20])
      expect(conversations).toMatchObject([
        {
          targetId: bob.id,
          unread: 0,
          lastMessage: { sender: alice.id, type: 'text', content: '{"text":"hi"}' },
          updatedAt: message.updatedAt,
        },
      ])
      expect(entries).toEqual([message])
      expect((await chat.pullMessages()).entries).toEqual([])

      // The other browser hears it from this one; this one does not hear itself.
      const relayed = { syncs: syncsOf(chat), pns: { msg: 'Alice: hi' } }
      await phone.connected.relayed(relayed)
      await alice.connected.told(changedAt(message), syncsOf(chat))
      const frames = await alice.connected.settled(alice.id, mark)
      expect(frames.filter((frame) => frame.message?.pns)).toEqual([])
      // Neither acks with a cmd, which crash the client, nor notifications with an id, which it swallows. (§2.5)
      const acks = frames.filter((frame) => 'y2wMessageId' in frame)
      expect(acks).toHaveLength(2)
      for (const ack of acks) expect(ack).toEqual({ y2wMessageId: ack.y2wMessageId, returnCode: 20 })
    })

    test.each([
      ['long', { text: '长'.repeat(5000) }],
      ['with what looks escaped', { text: 'a\\u0041\\n & = + % "quoted" <b>' }],
      ['with emoji and line ends', { text: '[微笑]😀\r\n\t.' }],
    ])('content that is %s comes back to the byte', async (_title, content) => {
      const [chat, theirs] = await chatOfTwo()
      await send(chat, 'text', content)
      const { entries } = await theirs.pullMessages()
      expect(entries.map((message) => message.content)).toEqual([JSON.stringify(content)])
      await bob.conversations.pull()
      expect(bob.conversationOf(alice.id).lastMessage?.content).toBe(JSON.stringify(content))
    })

    test('by who is no member, in another’s name, or without a field: an error, and nothing is stored', async () => {
      const [chat, theirs] = await chatOfTwo()
      const carol = await person('Carol')
      const post = (client: VendorClient, fields: Record<string, string>) =>
        client.call('POST', `sessions/${chat.id}/messages`, { fields })
      const fields = { sender: alice.id, content: '{"text":"hi"}', type: 'text' }
      expectRefusal(await post(carol, { ...fields, sender: carol.id }), 403)
      expectRefusal(await post(carol, { ...fields, sender: 'system', type: 'system' }), 403)
      expectRefusal(await post(alice, { ...fields, sender: bob.id }), 403)
      expectRefusal(await post(alice, { ...fields, sender: 'system' }), 403)
      const missing = await post(alice, { sender: alice.id, type: 'text' })
      expectRefusal(missing, 400)
      expect(missing.body.message).toBe('content参数不存在！')
      const nowhere = { fields: { sender: alice.id, content: '{}', type: 'text' } }
      expectRefusal(await alice.call('POST', 'sessions/999999999/messages', nowhere), 404)
      expect((await theirs.pullMessages()).entries).toEqual([])
      expect(await bob.conversations.pull()).toEqual([])
    })
  })

  describe('Receive text', () => {
    test('the frame, the list with what is unread, the message, and the list as read', async () => {
      const [chat, theirs] = await chatOfTwo()
      const { message } = await send(chat, 'text', { text: 'hi' }, 'Alice: hi')
      const syncs = [{ type: 0 }, { type: 1, sessionId: `p2p_${theirs.id}` }]
      await bob.connected.relayed({ syncs, pns: { msg: 'Alice: hi' } })
      const told = await bob.connected.told(changedAt(message), syncs)
      // Either of these makes a client take it for an ack. (§2.5)
      for (const field of ['y2wMessageId', 'returnCode']) expect(told).not.toHaveProperty(field)

      expect(await bob.conversations.pull()).toMatchObject([
        {
          targetId: alice.id,
          unread: 1,
          lastMessage: { content: '{"text":"hi"}' },
          updatedAt: message.updatedAt,
        },
      ])
      expect(await theirs.pullMessages()).toEqual({ entries: [message], members: undefined })
      // His other browsers find it read.
      expect(await bob.conversations.pull()).toMatchObject([{ targetId: alice.id, unread: 0 }])
      expect(await bob.conversations.pull()).toEqual([])
      expect(await bob.conversations.fresh()).toEqual(bob.conversations.rows)
    })

    test('in a chat that is not open it counts, until the chat is opened', async () => {
      const [chat] = await chatOfTwo()
      for (const text of ['1', '2', '3']) await send(chat, 'text', { text })
      expect(await bob.conversations.pull()).toMatchObject([
        { unread: 3, lastMessage: { content: '{"text":"3"}' } },
      ])
      const opened = await bob.openP2p(alice)
      expect(texts((await opened.history()).slice(0, 3))).toEqual(['3', '2', '1'])
      expect(await bob.conversations.pull()).toMatchObject([{ unread: 0 }])
    })

    test('messages of both that cross are with both, once and in one order', async () => {
      const [chat, theirs] = await chatOfTwo()
      const rounds = [1, 2, 3, 4, 5]
      await Promise.all(
        [chat, theirs].map(async (own) => {
          for (const n of rounds)
            expect((await send(own, 'text', { text: `${own.client.me.name} ${n}` })).codes).toEqual([20])
        }),
      )
      for (const own of [chat, theirs]) {
        await own.pullMessages()
        await own.client.conversations.pull()
      }
      const shown = (own: Chat) =>
        own.messages.all
          .filter(({ type }) => type === 'text')
          .sort((a, b) => changedAt(a) - changedAt(b))
          .map(({ content }) => content)
      expect(shown(chat)).toHaveLength(10)
      expect(shown(theirs)).toEqual(shown(chat))
      expect(alice.conversationOf(bob.id).unread).toBe(0)
      expect(bob.conversationOf(alice.id).unread).toBe(0)
    })
  })

  describe('Send image / file', () => {
    const upload = (client: VendorClient, file: Parameters<typeof oldUpload>[0]) =>
      client.call<AttachmentObject>('POST', 'attachments', { upload: oldUpload(file) })

    async function get(path: string, client?: VendorClient) {
      const query = client ? `?access_token=${client.me.token}` : ''
      const response = await fetch(`${env.url}/v1/${path}${query}`)
      const bytes = Buffer.from(await response.arrayBuffer())
      return { status: response.status, headers: response.headers, bytes }
    }

    const PNG = Buffer.from(
      'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==',
      'base64',
    )

    test('an image: exactly 200, the message, and the bytes by the token in the address', async () => {
      const [chat, theirs] = await chatOfTwo()
      const carol = await person('Carol')
      const uploaded = await upload(alice, { bytes: PNG, boundary: '0.8a3f51c9e2', fileName: '照片.png' })
      expect(uploaded.status).toBe(200)
      expect(uploaded.body).toMatchObject({
        id: expect.stringMatching(/^[0-9A-Za-z-]+$/),
        md5: expect.stringMatching(/^\w+$/),
        size: PNG.length,
      })
      const src = `attachments/${uploaded.body.id}/content`
      // Nobody has been shown it yet.
      expect((await get(src, alice)).status).toBe(200)
      expect((await get(src, bob)).status).toBe(403)

      const content = { width: 1, height: 1, src, thumbnail: src }
      const { message, codes, entries } = await send(chat, 'image', content)
      expect(codes).toEqual([20])
      expect(entries).toEqual([message])
      await bob.connected.told(changedAt(message), syncsOf(chat))
      expect((await theirs.pullMessages()).entries).toMatchObject([
        { type: 'image', content: JSON.stringify(content) },
      ])
      for (const client of [alice, bob]) {
        const { status, headers, bytes } = await get(src, client)
        expect(status).toBe(200)
        expect(bytes.equals(PNG)).toBe(true)
        // Served inline, "download" replaces the page with the picture. (§3 #26)
        expect(headers.get('content-disposition')).toMatch(/^attachment/)
        expect(headers.get('access-control-allow-origin')).toBe('*')
      }
      expect((await get(src, carol)).status).toBe(403)
      expect((await get(src)).status).toBe(400)
    })

    test('a file: by the link with its encoded name, which the download then has', async () => {
      const [chat, theirs] = await chatOfTwo()
      const bytes = Buffer.from('no line end, and --0.8a3f in the middle\r\n--0.8')
      const name = '报告 100%.pdf'
      const uploaded = await upload(alice, {
        bytes,
        boundary: '0.8a3f51c9e2',
        fileName: name,
        type: 'application/octet-stream',
      })
      expect(uploaded).toMatchObject({ status: 200, body: { size: bytes.length } })
      const src = `attachments/${uploaded.body.id}/content`
      const content = { name, size: bytes.length, src }
      const { codes } = await send(chat, 'file', content)
      expect(codes).toEqual([20])
      const { entries } = await theirs.pullMessages()
      expect(entries).toMatchObject([{ type: 'file', content: JSON.stringify(content) }])
      await bob.conversations.pull()
      expect(bob.conversationOf(alice.id).lastMessage).toMatchObject({ type: 'file', sender: alice.id })

      const encoded = encodeURIComponent(name)
      const file = await get(`${src}/${encoded}`, bob)
      expect(file.status).toBe(200)
      expect(file.bytes.equals(bytes)).toBe(true)
      expect(file.headers.get('content-disposition')).toBe(`attachment; filename*=UTF-8''${encoded}`)
    })

    test('as an avatar: by its key, without a token', async () => {
      alice = await person('Alice')
      const { body } = await upload(alice, { bytes: PNG })
      const avatarUrl = `attachments/${body.id}/${body.md5}`
      const { email, name } = alice.me
      const fields = { email, name, avatarUrl, role: 'user', jobTitle: null, phone: '', status: 'active' }
      expect(await alice.must('PUT', `users/${alice.id}`, { fields })).toMatchObject({
        id: alice.id,
        avatarUrl,
      })
      for (const path of [avatarUrl, `${avatarUrl}.png`]) {
        const { status, bytes } = await get(path)
        expect(status).toBe(200)
        expect(bytes.equals(PNG)).toBe(true)
      }
      expect((await get(`attachments/${body.id}/0123456789abcdef`)).status).toBe(404)
    })

    test('without a file, or by nobody: an error that the client sees', async () => {
      alice = await person('Alice')
      const { headers } = oldUpload({ bytes: PNG, boundary: '0.8a' })
      const nothing = { headers, raw: '--0.8a--' }
      expectRefusal(await alice.call('POST', 'attachments', { upload: nothing }), 400)
      const answer = await alice.call('POST', 'attachments', {
        upload: oldUpload({ bytes: PNG }),
        token: 'expired',
      })
      expectRefusal(answer, 401)
    })
  })

  describe('Recall', () => {
    const recall = (chat: Chat, { id }: { id: string }, sender = chat.client.id) =>
      chat.client.call('PUT', `sessions/${chat.id}/messages/${id}`, {
        fields: { sender, content: JSON.stringify({ text: 'Alice撤回了一条消息' }), type: 'system' },
      })

    test('takes the text out of everything: messages, history, and the last message on both sides', async () => {
      const [chat, theirs] = await chatOfTwo()
      const { message } = await send(chat, 'text', { text: 'secret' })
      await theirs.pullMessages()
      await bob.conversations.pull()

      const { status, body } = await recall(chat, message)
      const content = '{"text":"Alice撤回了一条消息"}'
      expect(status).toBe(200)
      expect(body).toEqual({ ...message, type: 'system', content, updatedAt: body.updatedAt })
      expect(changedAt(body)).toBeGreaterThan(changedAt(message))
      expect((await chat.pullMessages()).entries).toEqual([body])
      expect(await alice.notify(chat, syncsOf(chat), { pns: 'x' })).toEqual([20])

      await bob.connected.told(changedAt(body), syncsOf(chat))
      // The same id, so it is replaced where it stands.
      expect((await theirs.pullMessages()).entries).toEqual([body])
      for (const client of [alice, bob]) {
        const [changed] = await client.conversations.pull()
        expect(changed).toMatchObject({ unread: 0, lastMessage: { type: 'system', content } })
        expect(await client.conversations.pull()).toEqual([])
      }
      const reopened = await bob.openP2p(alice)
      const [newest] = await reopened.history()
      // By when it was written, or scrolling up would go round in circles. (§3 #14)
      expect(newest).toMatchObject({ id: message.id, content, updatedAt: message.createdAt })
    })

    test('of what was not read yet leaves it unread; of an older message leaves the last one', async () => {
      const [chat] = await chatOfTwo()
      const { message: first } = await send(chat, 'text', { text: 'first' })
      await send(chat, 'text', { text: 'second' })
      expect(await recall(chat, first)).toMatchObject({ status: 200 })
      await bob.conversations.pull()
      expect(bob.conversationOf(alice.id)).toMatchObject({
        unread: 2,
        lastMessage: { type: 'text', content: '{"text":"second"}' },
      })
    })

    test('of another’s message, in another’s name, of a system message, or of nothing: an error', async () => {
      const [chat, theirs] = await chatOfTwo()
      const carol = await person('Carol')
      const { message } = await send(chat, 'text', { text: 'stays' })
      expectRefusal(await recall(theirs, message, alice.id), 403)
      expectRefusal(await recall(theirs, message), 403)
      expectRefusal(await recall(chat, message, bob.id), 403)
      const fields = { sender: alice.id, content: '{"text":"x"}', type: 'system' }
      expectRefusal(await carol.call('PUT', `sessions/${chat.id}/messages/${message.id}`, { fields }), 403)
      expectRefusal(await recall(chat, { id: '999999999' }), 404)
      const welcome = chat.messages.all.find(({ sender }) => sender === 'system') as { id: string }
      expectRefusal(await recall(chat, welcome, 'system'), 403)
      expect((await theirs.pullMessages()).entries).toEqual([message])
    })
  })
})
