import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals'
import type { SessionObject } from '../../shared/wire/objects.js'
import { expectRefusal } from '../helpers/refusal.js'
import { TestEnv } from '../helpers/test-env.js'
import {
  type Chat,
  ENCODINGS,
  syncsOf,
  VendorClient,
  vendorSettings,
  YEAR_1900,
  YEAR_2000,
} from '../helpers/vendor-client.js'

/** The old web client, its user's other browsers, and what it does about acks: yun2win.md §5, Pin and Push repair. */

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

  async function people(...names: string[]): Promise<VendorClient[]> {
    const found = await Promise.all(names.map((name) => VendorClient.of(env.url, encoding, name)))
    clients.push(...found)
    for (const client of found) await client.connect()
    return found
  }

  async function otherBrowserOf(client: VendorClient): Promise<VendorClient> {
    const other = await client.elsewhere()
    clients.push(other)
    await other.pullLists()
    return other
  }

  const single = (client: VendorClient) =>
    client.must<SessionObject>('GET', `sessions/single/${client.id}`, { cursor: YEAR_1900 })

  /** To one's own other browsers, with the invented mts. */
  const tellOwn = (client: VendorClient, { id }: { id: string }, syncs: object[]) =>
    client.connected.ask(`y2w/session/single_${id}`, {
      cmd: 'sendMessage',
      mts: YEAR_2000,
      message: { syncs },
    })

  describe('Pin', () => {
    async function aliceWithBob(): Promise<VendorClient[]> {
      const [alice, bob] = (await people('Alice', 'Bob')) as [VendorClient, VendorClient]
      await alice.openP2p(bob)
      for (const client of [alice, bob]) await client.conversations.pull()
      return [alice, bob]
    }

    const pin = (client: VendorClient, bob: VendorClient, top: boolean) => {
      const { id, targetId, name, type } = client.conversationOf(bob.id)
      return client.call('PUT', `users/${client.id}/userConversations/${id}`, {
        fields: { targetId, name, type, top },
      })
    }

    test('the conversation, a p2p session with oneself, the single session, and word to the other browser', async () => {
      const [alice, bob] = (await aliceWithBob()) as [VendorClient, VendorClient]
      const other = await otherBrowserOf(alice)
      const before = alice.conversationOf(bob.id)
      const pinned = await pin(alice, bob, true)
      expect(pinned).toMatchObject({
        status: 200,
        body: { ...before, top: true, updatedAt: expect.any(String) },
      })
      expect(await alice.conversations.pull()).toEqual([pinned.body])

      const self = await alice.openP2p(alice)
      const keys = ['id', 'name', 'secureType', 'type', 'description', 'createdAt', 'updatedAt', 'avatarUrl']
      expect(Object.keys(self.session).sort()).toEqual([...keys].sort())
      expect(self.session.type).toBe('p2p')
      expect(self.members.all).toMatchObject([{ userId: alice.id, isDelete: false, status: 'active' }])
      expect(await self.history()).toEqual([])

      const own = await single(alice)
      expect(Object.keys(own).sort()).toEqual([...keys].sort())
      expect(own.type).toBe('single')
      expect(own.id).not.toBe(self.id)
      expect(await tellOwn(alice, own, [{ type: 0 }])).toEqual({ returnCode: 20 })

      await other.connected.relayed({ syncs: [{ type: 0 }] })
      await other.connected.told(Date.parse(pinned.body.updatedAt), [{ type: 0 }])
      expect(await other.conversations.pull()).toEqual([pinned.body])
      // Neither session is in any list.
      expect(await alice.conversations.pull()).toEqual([])
      expect(alice.conversations.all).toHaveLength(1)
      expect(await alice.conversations.fresh()).toEqual(alice.conversations.rows)
      // The other side has a list of its own.
      expect(await bob.conversations.pull()).toEqual([])
    })

    test('the second time the sessions are the same ones; unpinned again', async () => {
      const [alice, bob] = (await aliceWithBob()) as [VendorClient, VendorClient]
      const sessions = async () => [(await alice.openP2p(alice)).id, (await single(alice)).id]
      const first = await sessions()
      expect(await pin(alice, bob, true)).toMatchObject({ body: { top: true } })
      expect(await sessions()).toEqual(first)
      expect(await pin(alice, bob, false)).toMatchObject({ body: { top: false } })
      await alice.conversations.pull()
      expect(alice.conversationOf(bob.id).top).toBe(false)
    })

    test('what is sent to oneself is no conversation, either, and comes to the other browser', async () => {
      const [alice] = (await aliceWithBob()) as [VendorClient, VendorClient]
      const other = await otherBrowserOf(alice)
      const self = await alice.openP2p(alice)
      expect(await alice.notify(self, syncsOf(self), { pns: 'to myself' })).toEqual([20])
      await other.connected.relayed({ syncs: syncsOf(self), pns: { msg: 'to myself' } })
      expect(await alice.conversations.pull()).toEqual([])
    })

    test('deleting a conversation, and removing a favourite: [0] and [3] to the other browser', async () => {
      const [alice, bob] = (await aliceWithBob()) as [VendorClient, VendorClient]
      const group = await alice.createGroup(bob)
      const favourite = await alice.must<{ id: string }>('POST', `users/${alice.id}/userSessions`, {
        fields: { sessionId: group.id, name: group.session.name, avatarUrl: ' ' },
      })
      const other = await otherBrowserOf(alice)
      const own = await single(alice)
      const { id } = alice.conversationOf(bob.id)
      expect(await alice.must('DELETE', `users/${alice.id}/userConversations/${id}`)).toEqual({})
      expect(await tellOwn(alice, own, [{ type: 0 }])).toEqual({ returnCode: 20 })
      expect(await alice.must('DELETE', `users/${alice.id}/userSessions/${favourite.id}`)).toEqual({})
      expect(await tellOwn(alice, own, [{ type: 3 }])).toEqual({ returnCode: 20 })

      await other.connected.relayed({ syncs: [{ type: 0 }] })
      await other.connected.relayed({ syncs: [{ type: 3 }] })
      expect(await other.conversations.pull()).toMatchObject([{ id, isDelete: true, targetId: bob.id }])
      expect(await other.favourites.pull()).toMatchObject([{ id: favourite.id, isDelete: true }])

      // The next message brings the conversation back, under its id and as it was.
      const theirs = await bob.openP2p(alice)
      await theirs.post('text', { text: 'hi again' })
      expect(await other.conversations.pull()).toMatchObject([
        { id, isDelete: false, unread: 1, lastMessage: { content: '{"text":"hi again"}' } },
      ])
      // So does the next favourite.
      const again = { sessionId: group.id, name: 'x', avatarUrl: ' ' }
      const added = await alice.must('POST', `users/${alice.id}/userSessions`, { fields: again })
      expect(added).toMatchObject({ id: favourite.id, isDelete: false })
    })

    test('others’ conversations and sessions: an error; others’ notifications to them go nowhere', async () => {
      const [alice, bob] = (await aliceWithBob()) as [VendorClient, VendorClient]
      const { id, targetId, name, type } = alice.conversationOf(bob.id)
      const fields = { targetId, name, type, top: true }
      expectRefusal(await bob.call('PUT', `users/${alice.id}/userConversations/${id}`, { fields }), 403)
      expectRefusal(await bob.call('PUT', `users/${bob.id}/userConversations/${id}`, { fields }), 404)
      const odd = { fields: { ...fields, top: 'perhaps' } }
      expectRefusal(await alice.call('PUT', `users/${alice.id}/userConversations/${id}`, odd), 400)
      for (const path of [`sessions/single/${alice.id}`, `sessions/p2p/${alice.id}/${alice.id}`]) {
        expectRefusal(await bob.call('GET', path, { cursor: YEAR_1900 }), 403)
      }
      const own = await single(alice)
      const mark = alice.connected.frames.length
      expect(await tellOwn(bob, own, [{ type: 'mischief' }])).toEqual({ returnCode: 20 })
      const frames = await alice.connected.settled(alice.id, mark)
      expect(JSON.stringify(frames)).not.toContain('mischief')
    })
  })

  describe('Push repair', () => {
    /** Alice's group with Bob and Carol, as each of the three has it, and Dave, who is not in it. */
    async function group() {
      const [alice, bob, carol, dave] = (await people('Alice', 'Bob', 'Carol', 'Dave')) as [
        VendorClient,
        VendorClient,
        VendorClient,
        VendorClient,
      ]
      const chat = await alice.createGroup(bob, carol)
      const ofBob = await bob.openGroup(chat.id)
      return { alice, bob, carol, dave, chat, ofBob }
    }

    /** Dave is added, push knows, and only Bob's client has not looked. */
    async function groupThatBobKnowsBadly() {
      const known = await group()
      const { bob, dave, chat } = known
      await chat.addMember(dave)
      await chat.refetch()
      await bob.connected.told(chat.mts, syncsOf(chat))
      return known
    }

    test('26 never: every session is known as soon as it is there, whatever is sent to it', async () => {
      const { alice, bob, dave } = await group()
      const p2p = await alice.openP2p(dave)
      expect(await alice.notify(p2p, syncsOf(p2p), { pns: 'p2p' })).toEqual([20])
      const fresh = await alice.createGroup(bob)
      expect(await alice.notify(fresh, syncsOf(fresh), { pns: 'group' })).toEqual([20])
      const added = await alice.createGroup()
      for (const who of [bob, dave]) {
        await added.addMember(who)
        await added.refetch()
        expect(await alice.notify(added, syncsOf(added), { pns: who.id })).toEqual([20])
        await who.connected.relayed({ syncs: syncsOf(added), pns: { msg: who.id } })
      }
      expect(await tellOwn(alice, await single(alice), [{ type: 0 }])).toEqual({ returnCode: 20 })
      // The empty list and the invented mts of the first use.
      const first = {
        cmd: 'updateSession',
        mts: YEAR_2000,
        members: [],
        force: false,
        message: { syncs: [] },
      }
      const own = await single(bob)
      expect(await bob.connected.ask(`y2w/session/single_${own.id}`, first)).toEqual({ returnCode: 20 })
      // Nor for what there is not, where the client could only answer with an update.
      const nowhere = { cmd: 'sendMessage', mts: YEAR_2000, message: { syncs: [{ type: 0 }] } }
      for (const ref of ['p2p_999999999', 'group_999999999', 'single_999999999']) {
        expect(await alice.connected.ask(`y2w/session/${ref}`, nowhere)).toEqual({ returnCode: 20 })
      }
    })

    test('27 with the true mts: session and members anew, sent again, and it reaches the new member', async () => {
      const { bob, dave, alice, chat, ofBob } = await groupThatBobKnowsBadly()
      const stale = { cmd: 'sendMessage', mts: ofBob.mts, message: { syncs: [{ type: 'stale' }] } }
      expect(await bob.connected.ask(chat.topic, stale)).toEqual({ returnCode: 27, mts: chat.mts })
      expect(await bob.notify(ofBob, syncsOf(chat), { pns: 'repaired' })).toEqual([27, 20])
      expect(ofBob.member(dave)).toMatchObject({ isDelete: false })
      expect(ofBob.mts).toBe(chat.mts)
      for (const who of [alice, dave]) {
        await who.connected.relayed({ syncs: syncsOf(chat), pns: { msg: 'repaired' } })
        expect(JSON.stringify(await who.connected.settled(who.id))).not.toContain('stale')
      }
    })

    test('27 in a session of two', async () => {
      const { alice, bob } = await group()
      const chat = await alice.openP2p(bob)
      expect(await alice.notify(chat, syncsOf(chat), { pns: 'x', mts: chat.mts - 1 })).toEqual([27, 20])
      await bob.connected.relayed({ syncs: syncsOf(chat), pns: { msg: 'x' } })
    })

    test('27 for the third time: the forced update ends in 20, and goes to whom the server knows', async () => {
      const { alice, bob, carol, dave, chat, ofBob } = await groupThatBobKnowsBadly()
      const [erin] = (await people('Erin')) as [VendorClient]
      const message = { syncs: syncsOf(chat), pns: { msg: 'forced' } }
      const mts = ofBob.mts
      for (let n = 0; n < 3; n++) {
        const ack = await bob.connected.ask(chat.topic, { cmd: 'sendMessage', mts, message: { syncs: [] } })
        expect(ack).toMatchObject({ returnCode: 27 })
      }
      // What Bob knows, which is without Dave, and what he makes up, which is Erin.
      const members = [...ofBob.uploadedMembers(), { uid: erin.id, isDel: false }]
      const update = { cmd: 'updateSession', mts, members, force: true, message }
      expect(await bob.connected.ask(chat.topic, update)).toEqual({ returnCode: 20 })
      for (const who of [alice, carol, dave]) await who.connected.relayed(message)
      expect(JSON.stringify(await erin.connected.settled(erin.id))).not.toContain('forced')
      // Nobody is a member for being uploaded.
      expectRefusal(await erin.call('GET', `sessions/${chat.id}`), 403)
      expect(await dave.notify(await dave.openGroup(chat.id), syncsOf(chat), { pns: 'after' })).toEqual([20])
      await alice.connected.relayed({ syncs: syncsOf(chat), pns: { msg: 'after' } })
      expect(JSON.stringify(await erin.connected.settled(erin.id))).not.toContain('after')
    })

    test('28 with the true mts: updateSession with what changed since is taken and delivered', async () => {
      const { alice, bob, carol, chat } = await group()
      const mts = chat.mts + 1000
      const ahead = { cmd: 'sendMessage', mts, message: { syncs: [{ type: 'ahead' }] } }
      expect(await alice.connected.ask(chat.topic, ahead)).toEqual({ returnCode: 28, mts: chat.mts })
      expect(await alice.notify(chat, syncsOf(chat), { pns: 'repaired', mts })).toEqual([28, 20])
      for (const who of [bob, carol]) {
        await who.connected.relayed({ syncs: syncsOf(chat), pns: { msg: 'repaired' } })
        expect(JSON.stringify(await who.connected.settled(who.id))).not.toContain('ahead')
      }
      // It is not taken for true.
      expect(await bob.notify(await bob.openGroup(chat.id), syncsOf(chat), { pns: 'x' })).toEqual([20])
    })

    test('who is no member is told 20 and heard by nobody, however he tries', async () => {
      const { alice, dave, chat } = await group()
      const message = { syncs: syncsOf(chat), pns: { msg: 'mischief' } }
      const members = [{ uid: dave.id, isDel: false }]
      for (const mts of [chat.mts - 1, chat.mts, chat.mts + 1000]) {
        for (const frame of [
          { cmd: 'sendMessage', mts, message },
          { cmd: 'updateSession', mts, members, force: false, message },
          { cmd: 'updateSession', mts, members, force: true, message },
        ]) {
          expect(await dave.connected.ask(chat.topic, frame)).toEqual({ returnCode: 20 })
        }
      }
      expect(JSON.stringify(await alice.connected.settled(alice.id))).not.toContain('mischief')
      // A member is heard on the same ground.
      expect(await alice.notify(chat, syncsOf(chat), { pns: 'x' })).toEqual([20])
      expect(JSON.stringify(await dave.connected.settled(dave.id))).not.toContain(chat.ref)
    })

    test('what the client knows nothing of is relayed as it is: a call', async () => {
      const { alice, bob } = await group()
      const chat = await alice.openP2p(bob)
      const content = {
        senderId: alice.id,
        receiversIds: [bob.id],
        avcalltype: 'video',
        channelId: '7',
        roomId: 'r',
        sessionId: chat.ref,
      }
      const syncs = [...syncsOf(chat), { type: 'singleavcall', content }]
      expect(await alice.notify(chat, syncs, { pns: 'calls you' })).toEqual([20])
      await bob.connected.relayed({ syncs, pns: { msg: 'calls you' } })
    })

    test('sent again for want of an ack: each has its own ack, and the receiver is told', async () => {
      const { alice, bob } = await group()
      const chat = await alice.openP2p(bob)
      const frame = {
        cmd: 'sendMessage',
        mts: chat.mts,
        message: { syncs: [{ type: 0 }], pns: { msg: 'again' } },
      }
      const acks = [alice.connected.ask(chat.topic, frame), alice.connected.ask(chat.topic, frame)]
      expect(await Promise.all(acks)).toEqual([{ returnCode: 20 }, { returnCode: 20 }])
      // A hint that is still on its way when the same comes again may be the only one. (design §6)
      await bob.connected.relayed(frame.message)
      const heard = (await bob.connected.settled(bob.id)).filter((each) => each.message?.pns?.msg === 'again')
      expect(heard.length).toBeLessThanOrEqual(2)
      for (const each of heard) expect(each).toEqual({ cmd: 'sendMessage', message: frame.message })
    })

    test('reopened as 10<guid>: the old socket goes without a kick, and what was missed is pulled', async () => {
      const { alice, bob } = await group()
      const chat = await alice.openP2p(bob)
      await bob.pullLists()
      const old = bob.connected
      await bob.connect({ isAgain: true })
      await old.closed
      expect(old.frames.filter(({ returnCode }) => returnCode === 10)).toEqual([])
      const now = bob.connected
      bob.close()
      await now.closed

      const sent = await chat.post('text', { text: 'while you were away' })
      const back = await bob.connect({ isAgain: true })
      expect(back.frames[0]).toEqual({ returnCode: 11 })
      const { conversations } = await bob.pullLists()
      expect(conversations).toMatchObject([{ targetId: alice.id, unread: 2, updatedAt: sent.updatedAt }])
      const theirs: Chat = await bob.openP2p(alice)
      await theirs.history()
      expect(await bob.notify(theirs, syncsOf(chat), { pns: 'back' })).toEqual([20])
      await alice.connected.relayed({ syncs: syncsOf(chat), pns: { msg: 'back' } })
    })
  })
})
