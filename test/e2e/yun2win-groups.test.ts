import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals'
import type { MemberObject, SessionObject } from '../../shared/wire/objects.js'
import { expectRefusal } from '../helpers/refusal.js'
import { TestEnv } from '../helpers/test-env.js'
import {
  type Chat,
  changedAt,
  ENCODINGS,
  syncsOf,
  VendorClient,
  vendorSettings,
} from '../helpers/vendor-client.js'

/** The old web client in groups: the sequences of yun2win.md §5, one by one. */

describe.each(ENCODINGS)('the old client, in %s', (encoding) => {
  let env: TestEnv
  const clients: VendorClient[] = []
  let alice: VendorClient
  let bob: VendorClient
  let carol: VendorClient

  beforeAll(async () => {
    env = await TestEnv.start({ settings: await vendorSettings() })
  })
  afterEach(() => {
    for (const client of clients.splice(0)) client.close()
  })
  afterAll(() => env.close())

  async function person(name: string): Promise<VendorClient> {
    const client = await VendorClient.of(env.url, encoding, name)
    clients.push(client)
    await client.connect()
    await client.pullLists()
    return client
  }

  async function people(): Promise<void> {
    ;[alice, bob, carol] = (await Promise.all(['Alice', 'Bob', 'Carol'].map(person))) as [
      VendorClient,
      VendorClient,
      VendorClient,
    ]
  }

  /** Alice's group with Bob and Carol, open on all sides, with nothing unread. */
  async function groupOfThree(): Promise<[Chat, Chat, Chat]> {
    await people()
    const chat = await alice.createGroup(bob, carol)
    const chats: Chat[] = [chat, await bob.openGroup(chat.id), await carol.openGroup(chat.id)]
    for (const each of chats) {
      await each.history()
      await each.client.pullLists()
    }
    return chats as [Chat, Chat, Chat]
  }

  /** What follows most changes: session, members, notification, own list, messages. */
  async function announce(chat: Chat, mts?: number) {
    const members = await chat.refetch()
    const [codes] = await Promise.all([
      chat.client.notify(chat, syncsOf(chat), { pns: 'pns', ...(mts !== undefined && { mts }) }),
      chat.client.conversations.pull(),
    ])
    const { entries } = await chat.pullMessages()
    return { members, codes, entries }
  }

  const remove = (chat: Chat, who: { id: string }) =>
    chat.client.call('DELETE', `sessions/${chat.id}/members/${chat.member(who).id}`)

  const put = (chat: Chat, { id, userId, name, status }: MemberObject, role: string) =>
    chat.client.call<MemberObject>('PUT', `sessions/${chat.id}/members/${id}`, {
      fields: { userId, name, role, avatarUrl: ' ', status },
    })

  const texts = (messages: { content: string }[]) => messages.map(({ content }) => JSON.parse(content).text)
  const rolesOf = (chat: Chat) =>
    Object.fromEntries(chat.liveMembers.map(({ userId, role }) => [userId, role]))

  describe('Create group with B and C', () => {
    test('session, three members one by one, session, members, notification of [0] only, history', async () => {
      await people()
      const created = await alice.must<SessionObject>('POST', 'sessions', {
        fields: { type: 'group', name: 'Alice, Bob, Carol', secureType: 'private', avatarUrl: ' ' },
      })
      expect(created).toEqual({
        id: expect.stringMatching(/^[0-9A-Za-z-]+$/),
        type: 'group',
        name: 'Alice, Bob, Carol',
        secureType: 'private',
        description: '',
        avatarUrl: '',
        createdAt: created.updatedAt,
        updatedAt: expect.any(String),
      })

      const chat = await alice.openGroup(created.id)
      expect(chat.members.all).toEqual([])
      const added: MemberObject[] = []
      for (const who of [alice, bob, carol]) {
        added.push(await chat.addMember(who, who === alice ? 'master' : 'user'))
      }
      expect(added).toMatchObject([
        { userId: alice.id, name: 'Alice', role: 'master', status: 'active', avatarUrl: '', isDelete: false },
        { userId: bob.id, name: 'Bob', role: 'user', status: 'active', isDelete: false },
        { userId: carol.id, name: 'Carol', role: 'user', status: 'active', isDelete: false },
      ])
      expect(await chat.refetch()).toEqual(added)
      expect(chat.mts).toBe(Date.parse((added[2] as MemberObject).createdAt))
      expect(chat.session).toMatchObject({ name: 'Alice,Bob,Carol', avatarUrl: '' })
      expect(chat.session).not.toHaveProperty('nameChanged')

      const [codes, conversations] = await Promise.all([
        alice.notify(chat, [{ type: 0 }]),
        alice.conversations.pull(),
      ])
      expect(codes).toEqual([20])
      expect(conversations).toMatchObject([
        { targetId: chat.id, type: 'group', name: 'Alice,Bob,Carol', unread: 3, isDelete: false },
      ])
      for (const [who, unread] of [
        [bob, 2],
        [carol, 1],
      ] as const) {
        await who.connected.relayed({ syncs: [{ type: 0 }] })
        await who.connected.told(chat.mts, syncsOf(chat))
        expect(await who.conversations.pull()).toMatchObject([
          { targetId: chat.id, type: 'group', name: 'Alice,Bob,Carol', unread },
        ])
      }

      const shown = await chat.history()
      expect(texts(shown)).toEqual(['Carol加入群聊', 'Bob加入群聊', 'Alice加入群聊'])
      // Nobody is a member called `system`, so the client looks after each of them.
      for (const { sender, type } of shown) {
        expect({ sender, type }).toEqual({ sender: 'system', type: 'system' })
        expect(await chat.members.pull()).toEqual([])
      }
      expect(await alice.conversations.pull()).toMatchObject([{ targetId: chat.id, unread: 0 }])
    })

    test('others neither join first, nor let themselves in, nor read', async () => {
      await people()
      const { id } = await alice.must<SessionObject>('POST', 'sessions', {
        fields: { type: 'group', name: 'G' },
      })
      const join = (client: VendorClient, who: { id: string }) =>
        client.call('POST', `sessions/${id}/members`, {
          fields: { userId: who.id, name: 'x', role: 'user', avatarUrl: ' ', status: 'active' },
        })
      expectRefusal(await join(bob, bob), 403)
      expectRefusal(await join(alice, bob), 403)
      expect(await join(alice, alice)).toMatchObject({ status: 200, body: { role: 'master' } })
      expectRefusal(await join(bob, bob), 403)
      expectRefusal(await join(alice, { id: '999999999' }), 404)
      for (const path of ['', '/members', '/messages', '/messages/history?limit=20']) {
        expectRefusal(await bob.call('GET', `sessions/${id}${path}`), 403)
      }
      const fields = { sender: bob.id, content: '{"text":"hi"}', type: 'text' }
      expectRefusal(await bob.call('POST', `sessions/${id}/messages`, { fields }), 403)
      expect(await bob.conversations.pull()).toEqual([])
    })

    test.each(['p2p', 'single', 'room', null])(
      'sessions of type %s are not created like this',
      async (type) => {
        await people()
        expectRefusal(await alice.call('POST', 'sessions', { fields: { type, name: 'x', mark: '1:2' } }), 400)
      },
    )
  })

  describe('Add member D', () => {
    test('several at once, by any member: new mts, notification, system messages; all sides catch up', async () => {
      const [chat, ofBob] = await groupOfThree()
      const [dave, erin] = (await Promise.all(['Dave', 'Erin'].map(person))) as [VendorClient, VendorClient]
      const before = ofBob.mts
      const rows = await Promise.all([dave, erin].map((who) => ofBob.addMember(who)))

      const { members, codes, entries } = await announce(ofBob)
      expect(members.map(({ userId }) => userId).sort()).toEqual([dave.id, erin.id].sort())
      for (const row of rows) {
        expect(Date.parse(row.createdAt)).toBeGreaterThan(before)
        expect(members).toContainEqual(row)
      }
      expect(new Set(rows.map(({ createdAt }) => createdAt)).size).toBe(2)
      expect(codes).toEqual([20])
      expect(texts(entries).sort()).toEqual(['Dave加入群聊', 'Erin加入群聊'])
      // After the first four.
      expect(ofBob.session.name.split(',').slice(0, 3)).toEqual(['Alice', 'Bob', 'Carol'])
      expect(ofBob.session.name.split(',')).toHaveLength(4)

      const relayed = { syncs: syncsOf(chat), pns: { msg: 'pns' } }
      for (const who of [alice, carol, dave, erin]) await who.connected.relayed(relayed)

      // Alice has the chat open: its sessionUpdatedAt sends her to the members.
      const pulled = await chat.pullMessages()
      expect(texts(pulled.entries)).toEqual(texts(entries))
      expect(pulled.members).toEqual(members)
      expect(chat.mts).toBe(ofBob.mts)
      expect(chat.session).toEqual(ofBob.session)
      expect(await alice.notify(chat, syncsOf(chat), { pns: 'x' })).toEqual([20])

      await dave.connected.told(Date.parse((rows[0] as MemberObject).createdAt), syncsOf(chat))
      expect(await dave.conversations.pull()).toMatchObject([{ targetId: chat.id, name: chat.session.name }])
      const ofDave = await dave.openGroup(chat.id)
      expect(ofDave.mts).toBe(chat.mts)
      expect(texts(await ofDave.history())).toContain('Alice加入群聊')
      expect((await ofDave.post('text', { text: 'hello' })).sender).toBe(dave.id)
    })

    test('who is in already stays as he is, whatever is posted with him', async () => {
      const [chat] = await groupOfThree()
      const mts = chat.mts
      const row = chat.member(bob)
      const again = await alice.must('POST', `sessions/${chat.id}/members`, {
        fields: { userId: bob.id, name: 'x', role: 'user', avatarUrl: ' ', status: 'inactive' },
      })
      expect(again).toEqual(row)
      expect(await chat.refetch()).toEqual([])
      expect(chat.mts).toBe(mts)
    })

    test('by who is no member, or of nobody: an error, and nothing changes', async () => {
      const [chat] = await groupOfThree()
      const dave = await person('Dave')
      const fields = { userId: dave.id, name: 'Dave', role: 'user', avatarUrl: ' ', status: 'active' }
      const post = (client: VendorClient, more: object) =>
        client.call('POST', `sessions/${chat.id}/members`, { fields: { ...fields, ...more } })
      expectRefusal(await post(dave, {}), 403)
      expectRefusal(await post(bob, { role: 'admin' }), 403)
      expectRefusal(await post(alice, { userId: '999999999' }), 404)
      expectRefusal(await post(alice, { userId: null }), 400)
      expectRefusal(await post(alice, { role: 'owner' }), 400)
      expect(await chat.refetch()).toEqual([])
      expect(await chat.pullMessages()).toEqual({ entries: [], members: undefined })
    })
  })

  describe('Remove member B, by the master', () => {
    test('with the mts of before; B finds the 403 object, his own tombstone and the history up to it', async () => {
      const [chat, ofBob, ofCarol] = await groupOfThree()
      await chat.post('text', { text: 'before' })
      expect(texts((await ofBob.pullMessages()).entries)).toEqual(['before'])
      await bob.conversations.pull()
      const kept = bob.conversationOf(chat.id)
      const oldMts = chat.mts
      const bobsMark = bob.connected.frames.length

      const removed = await remove(chat, bob)
      expect(removed).toMatchObject({ status: 200, body: {} })
      const members = await chat.refetch()
      expect(members).toMatchObject([{ id: ofBob.member(bob).id, userId: bob.id, isDelete: true }])
      expect(chat.mts).toBe(Date.parse((members[0] as MemberObject).createdAt))
      expect(chat.mts).toBeGreaterThan(oldMts)
      expect(chat.session.name).toBe('Alice,Carol')

      // The vendor's trick to reach B once more. The server has told him itself, so 27 and a second try will do.
      await bob.connected.told(chat.mts, syncsOf(chat))
      await alice.connected.told(chat.mts, syncsOf(chat))
      const [codes, conversations] = await Promise.all([
        alice.notify(chat, syncsOf(chat), { pns: 'removed', mts: oldMts }),
        alice.conversations.pull(),
      ])
      expect(codes).toEqual([27, 20])
      expect(conversations).toMatchObject([
        { targetId: chat.id, name: 'Alice,Carol', lastMessage: { content: '{"text":"Bob离开了群"}' } },
      ])
      expect(texts((await chat.pullMessages()).entries)).toEqual(['before', 'Bob离开了群'])
      await carol.connected.relayed({ syncs: syncsOf(chat), pns: { msg: 'removed' } })

      // At B, who has the chat open.
      expect(await bob.conversations.pull()).toMatchObject([{ targetId: chat.id, isDelete: false }])
      const refused = await bob.call('GET', ofBob.messages.path, { cursor: ofBob.messages.cursor })
      expectRefusal(refused, 403)
      expect(refused.body.message).toMatchObject({ code: 403, status: 403 })
      expect(await ofBob.refetch()).toMatchObject([{ userId: bob.id, isDelete: true }])
      expect(ofBob.member(bob).isDelete).toBe(true)
      const reopened = await bob.openGroup(chat.id)
      expect(texts(await reopened.history())).toEqual([
        'before',
        'Carol加入群聊',
        'Bob加入群聊',
        'Alice加入群聊',
      ])

      // What comes afterwards is not for him: no row, no frame; and what he sends goes nowhere.
      await ofCarol.pullMessages()
      const after = await ofCarol.post('text', { text: 'after' })
      expect(await carol.notify(ofCarol, syncsOf(chat), { pns: 'after' })).toEqual([20])
      await alice.connected.told(changedAt(after), syncsOf(chat))
      await alice.connected.relayed({ syncs: syncsOf(chat), pns: { msg: 'after' } })
      const stamps = (await bob.connected.settled(bob.id, bobsMark)).map(({ stamp, message }) => ({
        stamp,
        message,
      }))
      expect(stamps.filter(({ stamp, message }) => stamp > chat.mts || message?.pns)).toEqual([])
      expect(await bob.conversations.pull()).toEqual([])
      expect(bob.conversationOf(chat.id)).toMatchObject({ id: kept.id, lastMessage: kept.lastMessage })
      expectRefusal(await bob.call('GET', ofBob.messages.path, { cursor: ofBob.messages.cursor }), 403)
      expect(await reopened.history()).toEqual([])

      const fields = { sender: bob.id, content: '{"text":"still here"}', type: 'text' }
      expectRefusal(await bob.call('POST', `sessions/${chat.id}/messages`, { fields }), 403)
      for (const [n, mts] of [oldMts, chat.mts, chat.mts + 1].entries()) {
        expect(await bob.notify(ofBob, syncsOf(chat), { pns: `bob ${n}`, mts })).toEqual([20])
      }
      const heard = await alice.connected.settled(alice.id)
      expect(heard.filter((frame) => frame.message?.pns?.msg.startsWith('bob'))).toEqual([])
    })

    test('added again: the same ids, a newer mts, and the chat goes on', async () => {
      const [chat, ofBob] = await groupOfThree()
      const { id } = chat.member(bob)
      const uc = bob.conversationOf(chat.id).id
      await remove(chat, bob)
      await chat.refetch()
      await chat.post('text', { text: 'without Bob' })
      const back = await chat.addMember(bob)
      expect(back).toMatchObject({ id, isDelete: false })
      expect(Date.parse(back.createdAt)).toBeGreaterThan(chat.mts)
      expect((await announce(chat)).codes).toEqual([20])
      await bob.connected.told(Date.parse(back.createdAt), syncsOf(chat))
      await bob.conversations.pull()
      expect(bob.conversationOf(chat.id)).toMatchObject({ id: uc, isDelete: false, name: 'Alice,Bob,Carol' })
      const { entries } = await ofBob.pullMessages()
      expect(texts(entries)).toContain('Bob加入群聊')
      expect(ofBob.mts).toBe(chat.mts)
      expect(await bob.notify(ofBob, syncsOf(chat), { pns: 'back' })).toEqual([20])
    })

    test('by who may not, or of who is not there: the 403 object, an error, and all stay', async () => {
      const [chat, ofBob, ofCarol] = await groupOfThree()
      const dave = await person('Dave')
      expectRefusal(await remove(ofBob, carol), 403)
      expectRefusal(await remove(ofCarol, alice), 403)
      expectRefusal(await dave.call('DELETE', `sessions/${chat.id}/members/${chat.member(bob).id}`), 403)
      expectRefusal(await alice.call('DELETE', `sessions/${chat.id}/members/999999999`), 404)
      expect(await chat.refetch()).toEqual([])
      expect(chat.liveMembers).toHaveLength(3)
    })
  })

  describe('Quit group', () => {
    test('leaving, favourite and conversation: tombstones of one’s own, and never a 27', async () => {
      const [chat, , ofCarol] = await groupOfThree()
      const favourite = await carol.must<{ id: string }>('POST', `users/${carol.id}/userSessions`, {
        fields: { sessionId: chat.id, name: chat.session.name, avatarUrl: ' ' },
      })
      expect(await carol.favourites.pull()).toMatchObject([{ id: favourite.id, sessionId: chat.id }])
      const oldMts = ofCarol.mts
      const mark = carol.connected.frames.length

      expect(await remove(ofCarol, carol)).toMatchObject({ status: 200, body: {} })
      const [ack, gone] = await Promise.all([
        carol.connected.ask(chat.topic, {
          cmd: 'sendMessage',
          mts: oldMts,
          message: { syncs: syncsOf(chat), pns: { msg: 'bye' } },
        }),
        carol.call('DELETE', `users/${carol.id}/userSessions/${favourite.id}`),
      ])
      // She has forgotten the session, and 27 would make her client deaf. (§2.7)
      expect(ack).toEqual({ returnCode: 20 })
      expect(gone).toMatchObject({ status: 200, body: {} })
      expect(await carol.favourites.pull()).toMatchObject([{ id: favourite.id, isDelete: true }])
      const { id } = carol.conversationOf(chat.id)
      expect(await carol.must('DELETE', `users/${carol.id}/userConversations/${id}`)).toEqual({})
      const conversations = await carol.conversations.pull()
      expect(conversations).toMatchObject([{ id, targetId: chat.id, isDelete: true }])
      expect(await carol.conversations.fresh()).toEqual(carol.conversations.rows)

      // The others see her go.
      const { entries, members } = await chat.pullMessages()
      expect(texts(entries)).toEqual(['Carol离开了群'])
      expect(members).toMatchObject([{ userId: carol.id, isDelete: true }])
      expect(chat.session.name).toBe('Alice,Bob')
      for (const who of [alice, bob]) await who.connected.told(chat.mts, syncsOf(chat))

      // Her other browsers are to look at their lists; the messages of the group are not named. (§3 #24)
      await carol.connected.told(chat.mts, [{ type: 0 }])
      const frames = await carol.connected.settled(carol.id, mark)
      const naming = frames.filter((frame) =>
        frame.message?.syncs?.some((sync: { type: unknown }) => sync.type === 1),
      )
      expect(naming).toEqual([])

      // The answer was lost: once more changes nothing.
      expect(await remove(ofCarol, carol)).toMatchObject({ status: 200 })
      expect(await chat.refetch()).toEqual([])
      expectRefusal(await carol.call('GET', `sessions/${chat.id}/messages`), 403)
    })

    test('by the master: somebody else is master first, and his clients know by the mts', async () => {
      const [chat, ofBob] = await groupOfThree()
      const oldMts = chat.mts
      expect(await remove(chat, alice)).toMatchObject({ status: 200 })
      const ack = await alice.connected.ask(chat.topic, {
        cmd: 'sendMessage',
        mts: oldMts,
        message: { syncs: syncsOf(chat), pns: { msg: 'bye' } },
      })
      expect(ack).toEqual({ returnCode: 20 })
      const { members } = await ofBob.pullMessages()
      expect(members).toHaveLength(2)
      expect(ofBob.member(alice)).toMatchObject({ isDelete: true })
      expect(ofBob.member(bob)).toMatchObject({ role: 'master', isDelete: false })
      for (const who of [alice, bob]) expect(Date.parse(ofBob.member(who).createdAt)).toBe(ofBob.mts)
      expect(ofBob.mts).toBeGreaterThan(oldMts)
      expect(rolesOf(ofBob)).toEqual({ [bob.id]: 'master', [carol.id]: 'user' })
      // Who is master now does what masters do.
      const fields = { name: 'Bob’s', secureType: 'private', avatarUrl: ' ', nameChanged: true }
      expect(await bob.call('PUT', `sessions/${chat.id}`, { fields })).toMatchObject({ status: 200 })
      expectRefusal(await alice.call('PUT', `sessions/${chat.id}`, { fields }), 403)
    })

    test('what is not one’s own, or not there: an error with a text, or the client takes it for done', async () => {
      const [chat] = await groupOfThree()
      const { id } = await bob.must<{ id: string }>('POST', `users/${bob.id}/userSessions`, {
        fields: { sessionId: chat.id, name: 'x', avatarUrl: ' ' },
      })
      expectRefusal(await carol.call('DELETE', `users/${bob.id}/userSessions/${id}`), 403)
      expectRefusal(await carol.call('DELETE', `users/${carol.id}/userSessions/${id}`), 404)
      const conversation = bob.conversationOf(chat.id).id
      expectRefusal(await carol.call('DELETE', `users/${bob.id}/userConversations/${conversation}`), 403)
      expectRefusal(await carol.call('DELETE', `users/${carol.id}/userConversations/${conversation}`), 404)
      expect(await bob.conversations.pull()).toEqual([])
    })
  })

  describe('Rename group', () => {
    const rename = (chat: Chat, name: string) =>
      chat.client.call<SessionObject>('PUT', `sessions/${chat.id}`, {
        fields: { name, secureType: 'private', avatarUrl: ' ', nameChanged: true },
      })

    test('session, members, a system message by the client, notification: the name stays from then on', async () => {
      const [chat, ofBob] = await groupOfThree()
      const renamed = await rename(chat, '项目组')
      expect(renamed).toMatchObject({
        status: 200,
        body: { name: '项目组', nameChanged: true, avatarUrl: '' },
      })
      expect(await chat.refetch()).toEqual([])
      expect(chat.session).toEqual(renamed.body)
      const said = await chat.postSystem('Alice将群名改为项目组')
      expect(said).toMatchObject({ sender: 'system', type: 'system' })
      expect((await announce(chat)).codes).toEqual([20])

      await bob.connected.relayed({ syncs: syncsOf(chat), pns: { msg: 'pns' } })
      expect(await bob.conversations.pull()).toMatchObject([{ targetId: chat.id, name: '项目组', unread: 1 }])
      const { entries, members } = await ofBob.pullMessages()
      expect(entries).toEqual([said])
      expect(members).toEqual([])
      expect(ofBob.session).toEqual(renamed.body)

      await chat.addMember(await person('Dave'))
      await chat.refetch()
      expect(chat.session).toMatchObject({ name: '项目组', nameChanged: true })
    })

    test('the system message counts for everybody, also for who posts it, and holds no markup', async () => {
      const [chat] = await groupOfThree()
      const said = await chat.postSystem('Alice <img src=x onerror=alert(1)>')
      expect(said.content).not.toMatch(/[<>]/)
      for (const who of [alice, bob, carol]) {
        expect(await who.conversations.pull()).toMatchObject([{ targetId: chat.id, unread: 1 }])
      }
    })

    test('an avatar alone, with `nameChanged` as it was given, leaves the group named after its members', async () => {
      const [chat] = await groupOfThree()
      const { name, secureType, nameChanged } = chat.session
      const avatarUrl = 'attachments/1/0123456789abcdef'
      const body = await alice.must('PUT', `sessions/${chat.id}`, {
        fields: { name, secureType, avatarUrl, nameChanged: nameChanged ?? null },
      })
      expect(body).toMatchObject({ avatarUrl, name: 'Alice,Bob,Carol' })
      expect(body).not.toHaveProperty('nameChanged')
      await remove(chat, carol)
      await chat.refetch()
      expect(chat.session).toMatchObject({ avatarUrl, name: 'Alice,Bob' })
      await alice.conversations.pull()
      expect(alice.conversationOf(chat.id)).toMatchObject({ avatarUrl, name: 'Alice,Bob' })
    })

    test('by who is not master, or not there: the 403 object, and the name stays', async () => {
      const [chat, ofBob] = await groupOfThree()
      const dave = await person('Dave')
      expectRefusal(await rename(ofBob, 'Bob’s'), 403)
      const fields = { name: 'Dave’s', secureType: 'private', avatarUrl: ' ', nameChanged: true }
      expectRefusal(await dave.call('PUT', `sessions/${chat.id}`, { fields }), 403)
      expectRefusal(await dave.call('PUT', 'sessions/999999999', { fields }), 404)
      await chat.refetch()
      expect(chat.session.name).toBe('Alice,Bob,Carol')
    })
  })

  describe('Role change', () => {
    test('appointing: five fields, members with the mts of before, a system message', async () => {
      const [chat, ofBob] = await groupOfThree()
      const mts = chat.mts
      expect(await chat.members.pull()).toEqual([])
      const before = chat.member(bob)
      const { status, body } = await put(chat, before, 'admin')
      expect(status).toBe(200)
      expect(body).toEqual({ ...before, role: 'admin', updatedAt: body.updatedAt })
      expect(await chat.members.pull()).toEqual([body])
      expect(chat.mts).toBe(mts)
      const said = await chat.postSystem('Bob被设为管理员')
      expect((await announce(chat)).codes).toEqual([20])

      await bob.connected.told(changedAt(said), syncsOf(chat))
      const { entries, members } = await ofBob.pullMessages()
      expect(entries).toEqual([said])
      expect(members).toEqual([body])
      // The same membership: nobody's notifications go astray.
      expect(await carol.notify(await carol.openGroup(chat.id), syncsOf(chat), { pns: 'x' })).toEqual([20])
      // An administrator removes members.
      expect(await remove(ofBob, carol)).toMatchObject({ status: 200 })
    })

    test('back to user, without a system message: the server tells the others by itself', async () => {
      const [chat, ofBob] = await groupOfThree()
      await put(chat, chat.member(bob), 'admin')
      const { body } = await put(chat, chat.member(bob), 'user')
      expect(body.role).toBe('user')
      await bob.connected.told(changedAt(body), syncsOf(chat))
      const { members } = await ofBob.pullMessages()
      expect(members).toEqual([body])
      expectRefusal(await remove(ofBob, carol), 403)
    })

    test('mastership goes over by two PUTs: the other to master, then oneself to admin', async () => {
      const [chat, ofBob] = await groupOfThree()
      const mts = chat.mts
      expect(await put(chat, chat.member(bob), 'master')).toMatchObject({
        status: 200,
        body: { role: 'master' },
      })
      expect(await put(chat, chat.member(alice), 'admin')).toMatchObject({
        status: 200,
        body: { role: 'admin' },
      })
      expect((await chat.members.pull()).map(({ userId }) => userId).sort()).toEqual(
        [alice.id, bob.id].sort(),
      )
      const roles = { [alice.id]: 'admin', [bob.id]: 'master', [carol.id]: 'user' }
      expect(rolesOf(chat)).toEqual(roles)
      expect(chat.mts).toBe(mts)
      await chat.postSystem('Bob成为群主')
      expect((await announce(chat)).codes).toEqual([20])
      await ofBob.pullMessages()
      expect(rolesOf(ofBob)).toEqual(roles)

      const fields = { name: 'x', secureType: 'private', avatarUrl: ' ', nameChanged: true }
      expectRefusal(await alice.call('PUT', `sessions/${chat.id}`, { fields }), 403)
      expect(await bob.call('PUT', `sessions/${chat.id}`, { fields })).toMatchObject({ status: 200 })
    })

    test('by who may not, of who left, or to what there is not: an error, and the roles stay', async () => {
      const [chat, ofBob] = await groupOfThree()
      expectRefusal(await put(ofBob, ofBob.member(bob), 'master'), 403)
      expectRefusal(await put(ofBob, ofBob.member(carol), 'admin'), 403)
      expectRefusal(await put(ofBob, ofBob.member(alice), 'user'), 403)
      expectRefusal(await put(chat, { ...chat.member(bob), userId: carol.id }, 'admin'), 400)
      expectRefusal(await put(chat, chat.member(bob), 'owner'), 400)
      expect(await chat.members.pull()).toEqual([])
      const gone = chat.member(carol)
      await remove(chat, carol)
      expectRefusal(await put(chat, gone, 'admin'), 404)
      await chat.refetch()
      expect(rolesOf(chat)).toEqual({ [alice.id]: 'master', [bob.id]: 'user' })
    })
  })
})
