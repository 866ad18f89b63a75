import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals'
import type { Person } from '../../../test/helpers/person.js'
import { TestEnv } from '../../../test/helpers/test-env.js'
import { md5, VendorClient, vendorSettings } from '../../../test/helpers/vendor-client.js'
import { createClient } from '../../src/index.js'
import {
  type CurrentUser,
  createYun2win,
  globalMaxDate,
  globalMinDate,
  type Message,
  md5Password,
  type Session,
  type Yun2winOptions,
  type Yun2winStorage,
} from '../../src/yun2win/index.js'
import { browserStorage, eventually, openPage, result } from './page.js'

/** What the document says in words, and what becomes of an old app among new ones. */

let env: TestEnv
/** To talk to, where it does not matter to whom. */
let bob: { me: { id: string; name: string } }
const closing: (() => unknown)[] = []
beforeAll(async () => {
  env = await TestEnv.start({ settings: await vendorSettings() })
  bob = { me: (await env.person('bob')).login }
})
afterEach(async () => {
  for (const close of closing.splice(0)) await close()
})
afterAll(() => env.close())

let people = 0
/** Somebody with an account of his own, logged in on a page. */
async function person(name: string, options: Yun2winOptions = {}, storage = browserStorage()) {
  people += 1
  const account = `${name}.${people}@example.com`
  const page = openPage(env.url, storage, options)
  const { remote } = page.Users.getInstance()
  await result((cb) => remote.register(account, 'secret', name, cb))
  await result((cb) => remote.login(account, 'secret', cb))
  const me = page.Users.getInstance().getCurrentUser()
  closing.push(() => me.y2wIMBridge?.disconnect())
  return { page, me, storage, account }
}

/** With the bridge connected and everything pulled. */
async function online(...args: Parameters<typeof person>) {
  const there = await person(...args)
  const bridge = new there.page.y2wIMBridge(there.me)
  let pulled = 0
  bridge.onSynced = () => {
    pulled += 1
  }
  await eventually(() => pulled >= 3)
  return { ...there, bridge }
}

const p2p = (me: CurrentUser, other: { id: string }) =>
  result<Session>((cb) => me.sessions.get(other.id, 'p2p', cb))

const texts = (session: Session) => session.messages.getMessages().map(({ content }) => content.text)

const say = (me: CurrentUser, other: { id: string }, text: string) =>
  new Promise<Message>((resolve, reject) => {
    me.y2wIMBridge?.sendTextMessage(other.id, 'p2p', text, {
      storeMsgDone: (_id, _scene, _target, message) => resolve(message),
      storeMsgFailed: (_id, err) => reject(err),
    })
  })

/** A group of the user's with these people. */
async function groupOf(me: CurrentUser, ...others: { id: string; name: string }[]): Promise<Session> {
  const group = await result<Session>((cb) => me.sessions.remote.add('group', 'us', 'private', ' ', cb))
  for (const { id, name } of [me, ...others]) {
    const role = id === me.id ? 'master' : 'user'
    await result((cb) => group.members.remote.add(id, name, role, ' ', 'active', cb))
  }
  return result((cb) => me.sessions.remote.sync(group.id, 'group', cb))
}

describe('the next page', () => {
  test('has everything but the messages, without asking the server', async () => {
    const { me, storage } = await person('alice')
    await result((cb) => me.contacts.remote.add(bob.me.id, 'bob', cb))
    const group = await groupOf(me, bob.me)
    await result((cb) => me.userSessions.remote.add(group.id, group.name, ' ', cb))
    const session = await p2p(me, bob.me)
    for (const list of [me.contacts, me.userConversations, me.userSessions]) {
      await result((cb) => list.remote.sync(cb))
    }
    await result((cb) => session.messages.remote.sync(cb))

    const next = openPage(env.url, storage, { fetch: () => Promise.reject(new Error('no network')) })
    const again = next.Users.getInstance().getCurrentUser()
    expect(again).toMatchObject({ id: me.id, name: 'alice', account: me.account, token: me.token })
    expect(again.contacts.get(bob.me.id)?.getName()).toBe('bob')
    expect(again.userSessions.getUserSessions().map(({ sessionId }) => sessionId)).toEqual([group.id])
    expect(again.userConversations.getUserConversations()).toHaveLength(2)
    for (const list of ['contacts', 'userConversations', 'userSessions'] as const) {
      expect(again[list].updatedAt).toBe(me[list].updatedAt)
      expect(again[list].updatedAt).toBeGreaterThan(globalMinDate)
    }
    const held = await p2p(again, bob.me)
    expect(held.members.getMembers()).toHaveLength(2)
    expect(held.members.createdAt).toBe(session.members.createdAt)
    expect(again.sessions.getById(group.id)?.members.getMember(bob.me.id)).toMatchObject({ name: 'bob' })
    expect(next.Users.getInstance().get(bob.me.id)).toMatchObject({ name: 'bob' })
    // 重要: Web端localStorage不缓存消息
    expect(held.messages.count()).toBe(0)
    expect(held.messages).toMatchObject({ more: true, updatedAt: globalMinDate, topDate: globalMaxDate })
    const failure = await result((cb) => again.contacts.remote.sync(cb)).catch((err) => err)
    expect(failure).toMatch(/no network/)
  })

  test('has nothing of another server, whose ids mean other people', async () => {
    const { storage } = await person('alice')
    const elsewhere = openPage('http://127.0.0.1:1', storage)
    expect(() => elsewhere.Users.getInstance().getCurrentUser()).toThrow(
      'currentUserId is null, pls relogin!',
    )
  })

  test('of somebody who has logged out knows nobody', async () => {
    const { me, storage, account, page } = await person('alice')
    await result<void>((cb) => me.logout(cb))
    expect(() => openPage(env.url, storage).Users.getInstance().getCurrentUser()).toThrow('pls relogin')
    await result((cb) => page.Users.getInstance().remote.login(account, 'secret', cb))
    expect(page.Users.getInstance().getCurrentUser().id).toBe(me.id)
  })

  test('a storage that takes nothing is no reason to stop', async () => {
    const full: Yun2winStorage = {
      ...browserStorage(),
      setItem: (key, value) => {
        throw new Error(`QuotaExceededError: ${key} ${value.length}`)
      },
    }
    const { page, me } = await person('alice', {}, full as ReturnType<typeof browserStorage>)
    await result((cb) => me.contacts.remote.add(bob.me.id, 'bob', cb))
    await result((cb) => me.contacts.remote.sync(cb))
    expect(page.Users.getInstance().getCurrentUser().contacts.getContacts()).toHaveLength(1)
  })

  test('the module works without being told a storage, and says what it misses', async () => {
    const bare = createYun2win()
    const failure = await result((cb) => bare.Users.getInstance().remote.login('a', 'b', cb)).catch(
      (err) => err,
    )
    expect(failure).toMatch(/configure/)
    bare.configure({ baseUrl: env.url })
    const refused = await result((cb) => bare.Users.getInstance().remote.login('a', 'b', cb)).catch(
      (err) => err,
    )
    expect(refused).toBe('用户不存在')
  })
})

describe('among others', () => {
  test('a new client and an old page talk', async () => {
    const alice = await online('alice')
    const bob = createClient({ url: env.url, pushUrl: env.wsUrl, hashPassword: md5Password })
    closing.push(() => bob.close())
    await bob.register({ account: 'new-bob@example.com', password: 'secret', name: 'bob' })
    const me = await bob.login({ account: 'new-bob@example.com', password: 'secret' })
    await bob.until('live')
    const session = await p2p(alice.me, me)
    alice.me.currentSession = session
    const heard = bob.next('message', (message) => message.preview === 'from the old page')
    await say(alice.me, me, 'from the old page')
    expect((await heard).senderId).toBe(alice.me.id)
    const answer = (await bob.sessions.p2p(alice.me.id)).sendText('from the new client')
    await answer.whenStored()
    await eventually(() => texts(session).at(-1) === 'from the new client')
    expect(texts(session).slice(-2)).toEqual(['from the old page', 'from the new client'])
  })

  test('an account of the old web client is one here, and the other way round', async () => {
    expect(md5Password('sécret 密码')).toBe(md5('sécret 密码'))
    const { account } = await person('alice')
    const vendor = new VendorClient(env.url, 'form')
    closing.push(() => vendor.close())
    expect(await vendor.signIn(account, 'secret')).toMatchObject({ status: 200 })
  })

  test('who was removed learns it with the next pull, and no error', async () => {
    const alice = await person('alice')
    const bob = await online('bob')
    const group = await groupOf(alice.me, bob.me)
    const seen = await result<Session>((cb) => bob.me.sessions.get(group.id, 'group', cb))
    bob.me.currentSession = seen
    const memberId = group.members.getMember(bob.me.id)?.id as string
    await result((cb) => group.members.remote.remove(memberId, cb))
    await eventually(() => seen.members.getMember(bob.me.id)?.isDelete === true)
    expect(await result((cb) => seen.messages.remote.sync(cb))).toEqual([])
    const refusal = await new Promise<unknown>((resolve) => {
      const message = seen.messages.createMessage({
        sender: bob.me.id,
        type: 'text',
        content: { text: 'still' },
      })
      seen.messages.remote.store(message, (err) => resolve([err, message.status]))
    })
    const [err, status] = refusal as [{ status: number; code: number }, string]
    expect([err.status, err.code, status]).toEqual([403, 403, 'storefailed'])
    expect(`${err}`).toMatch(/^(?!\[object)./)
  })
})

describe('sending', () => {
  test('a POST whose answer is lost is stored once', async () => {
    let lost = 0
    const { me } = await online('alice', {
      fetch: async (input, init) => {
        const answer = await fetch(input, init)
        if (init?.method === 'POST' && input.endsWith('/messages') && lost < 2) {
          lost += 1
          throw new Error('cut')
        }
        return answer
      },
    })
    await say(me, bob.me, 'once')
    expect(lost).toBe(2)
    const session = await p2p(me, bob.me)
    await result((cb) => session.messages.remote.sync(cb))
    expect(texts(session).filter((text) => text === 'once')).toHaveLength(1)
  })

  test('the same by hand: what has failed is stored again, and what is stored again is said again', async () => {
    let isCut = true
    const { me } = await person('alice', {
      fetch: async (input, init) => {
        const answer = await fetch(input, init)
        if (init?.method === 'POST' && input.endsWith('/messages') && isCut) throw new Error('cut')
        return answer
      },
    })
    const session = await p2p(me, bob.me)
    const message = session.messages.createMessage({ sender: me.id, type: 'text', content: '{"text":"x"}' })
    session.messages.add(message)
    const store = () => result<Message>((cb) => session.messages.remote.store(message, cb))
    await expect(store()).rejects.toMatch(/cut/)
    expect(message.status).toBe('storefailed')
    isCut = false
    expect(await store()).toBe(message)
    await result((cb) => session.messages.remote.sync(cb))
    expect(texts(session).filter((text) => text === 'x')).toHaveLength(1)
    const first = message.id
    await store()
    expect(message.id).not.toBe(first)
  })

  test('a failure leaves the message on the screen, and the queue goes on', async () => {
    const { me } = await online('alice')
    const failed = new Promise((resolve) => {
      me.y2wIMBridge?.sendTextMessage(bob.me.id, 'p2p', 'x'.repeat(70_000), {
        storeMsgFailed: (id, err) => resolve([typeof id, err]),
      })
    })
    const gone = new Promise((resolve) => {
      me.y2wIMBridge?.sendTextMessage('999999', 'p2p', 'to nobody', {
        storeMsgFailed: (_id, err) => resolve(err),
      })
    })
    const next = say(me, bob.me, 'and on')
    expect(await failed).toEqual(['string', expect.stringMatching(/65536|content/)])
    expect(`${await gone}`).toMatch(/.+/)
    expect((await next).status).toBe('stored')
    const session = await p2p(me, bob.me)
    expect(session.messages.getMessages().map(({ status }) => status)).toContain('storefailed')
  })

  test('a picture is shown before it is uploaded, and has its size', async () => {
    const { me } = await online('alice')
    const png = Buffer.from(
      'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==',
      'base64',
    )
    let shown: unknown
    const message = await new Promise<Message>((resolve, reject) => {
      me.y2wIMBridge?.sendFileMessage(bob.me.id, 'p2p', new File([png], 'dot.png', { type: 'image/png' }), {
        showMsg: ({ content }) => {
          shown = content
        },
        storeMsgFailed: (_id, err) => reject(err),
        storeMsgDone: (_id, _scene, _target, done) => resolve(done),
      })
    })
    expect(shown).toMatchObject({ base64: `data:image/png;base64,${png.toString('base64')}` })
    const src = expect.stringMatching(/^attachments\/\d+\/content$/)
    expect(message).toMatchObject({ type: 'image', content: { src, thumbnail: src, width: 1, height: 1 } })
    const bytes = await fetch(me.attachments.getUrl(message.content.src) as string)
    expect(Buffer.from(await bytes.arrayBuffer())).toEqual(png)
  })
})

test('callbacks are called once, and never before the call has returned', async () => {
  const { me } = await person('alice')
  const calls: string[] = []
  const done = new Promise<void>((resolve) => {
    me.sessions.get('1', 'nonsense', (err) => {
      calls.push(String(err))
      setTimeout(resolve, 50)
    })
  })
  expect(calls).toEqual([])
  await done
  expect(calls).toEqual(['session type is invalid'])
})

test('a list is pulled whole, not a hundred rows at a time', async () => {
  const { me } = await person('alice')
  const bob: Person = await env.person(`bob${people}`)
  const { id } = await bob.p2pWith(me)
  for (let at = 0; at < 12; at += 1) {
    await Promise.all(Array.from({ length: 10 }, (_, each) => bob.send(id, `${at} ${each}`)))
  }
  const session = await p2p(me, bob)
  expect(await result<Message[]>((cb) => session.messages.remote.sync(cb))).toHaveLength(121)
})
