import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals'
import type { Person } from '../../../test/helpers/person.js'
import { TestEnv } from '../../../test/helpers/test-env.js'
import { vendorSettings } from '../../../test/helpers/vendor-client.js'
import type { Dial, Link, LinkHandlers, Transport } from '../../src/link/transport.js'
import { webSocketTransport } from '../../src/link/websocket.js'
import type { CurrentUser, SendObj, Session, SyncObj, Yun2winOptions } from '../../src/yun2win/index.js'
import { browserStorage, eventually, openPage, result } from './page.js'

/** The bridge and the connection: types of one's own, losses, kicks, and what push's answers ask for. */

let env: TestEnv
let bob: Person
const closing: (() => unknown)[] = []
beforeAll(async () => {
  env = await TestEnv.start({ settings: { ...(await vendorSettings()), DEVICE_POLICY: 'kick' } })
  bob = await env.person('bob')
})
afterEach(() => {
  for (const close of closing.splice(0)) close()
})
afterAll(() => env.close())

/** What the browser kept when alice had logged in. Hashing a password is slow, so she does it once. */
const loggedIn = new Map<string, string>()
const account = 'alice@example.com'

async function person(options: Yun2winOptions = {}) {
  const storage = {
    getItem: (key: string) => items.get(key) ?? null,
    setItem: (key: string, value: string) => void items.set(key, value),
    removeItem: (key: string) => void items.delete(key),
  }
  const items = new Map(loggedIn)
  const page = openPage(env.url, storage, options)
  if (loggedIn.size === 0) {
    const { remote } = openPage(env.url, storage).Users.getInstance()
    await result((cb) => remote.register(account, 'secret', 'alice', cb))
    await result((cb) => remote.login(account, 'secret', cb))
    for (const [key, value] of items) loggedIn.set(key, value)
  }
  return { page, me: page.Users.getInstance().getCurrentUser() }
}

function bridgeOf(page: Awaited<ReturnType<typeof person>>['page'], me: CurrentUser) {
  const bridge = new page.y2wIMBridge(me)
  closing.push(() => bridge.disconnect())
  const statuses: [number, number | undefined][] = []
  bridge.onConnectionStatusChanged = (status, msg) => void statuses.push([status, msg])
  const has = (status: number, msg?: number) =>
    eventually(() => statuses.some(([one, two]) => one === status && (msg === undefined || two === msg)))
  return { bridge, statuses, has }
}

const open = (me: CurrentUser, other: { id: string }) =>
  result<Session>((cb) => me.sessions.get(other.id, 'p2p', cb))

/** The real one, with a hand on the plug. */
function plug() {
  const links: Link[] = []
  const dials: Dial[] = []
  const real = webSocketTransport()
  const transport: Transport = (dial, handlers) => {
    dials.push(dial)
    const link = real(dial, handlers)
    links.push(link)
    return link
  }
  return { transport, dials, pull: () => links.at(-1)?.close() }
}

/** A push server that answers as the test wants it. */
function fakePush(answer: (frame: Frame, count: number) => { returnCode: number; mts?: number } | undefined) {
  const frames: Frame[] = []
  const dials: Dial[] = []
  let handlers: LinkHandlers | undefined
  const transport: Transport = (dial, given) => {
    handlers = given
    dials.push(dial)
    queueMicrotask(() => {
      given.onConnack(0)
      given.onFrame('{"returnCode":11}')
    })
    return {
      publish: (topic, payload) => {
        const frame = { topic, ...JSON.parse(payload) } as Frame
        frames.push(frame)
        const ack = answer(frame, frames.length)
        const { y2wMessageId } = frame
        if (ack) queueMicrotask(() => given.onFrame(JSON.stringify({ y2wMessageId, ...ack })))
      },
      check: () => {},
      close: () => given.onClose(),
    }
  }
  return { transport, frames, dials, say: (frame: object) => handlers?.onFrame(JSON.stringify(frame)) }
}

interface Frame {
  topic: string
  cmd: string
  y2wMessageId: string
  mts: number
  members?: { uid: string; isDel?: boolean }[]
  force?: boolean
  message: { syncs: SyncObj[] }
}

describe('the connection', () => {
  test('lost and back: the same device reconnects, and what was missed is there', async () => {
    const { transport, dials, pull } = plug()
    const { page, me } = await person({ transport })
    const { has, statuses } = bridgeOf(page, me)
    await has(1)
    const session = await open(me, bob)
    me.currentSession = session
    const clientId = dials[0]?.clientId as string
    expect(clientId).toMatch(/^00[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/)
    expect(dials[0]).toMatchObject({ username: me.id, password: me.imToken })
    statuses.splice(0)
    pull()
    await bob.send(session.id, 'while away')
    await eventually(() => session.messages.getMessages().at(-1)?.content.text === 'while away')
    expect(statuses).toEqual([
      [page.y2wIM.connectionStatus.networkDisconnected, undefined],
      [page.y2wIM.connectionStatus.reconnecting, 1],
      [page.y2wIM.connectionStatus.connected, undefined],
    ])
    expect(dials[1]?.clientId).toBe(`1${clientId.slice(1)}`)
    await eventually(() => me.userConversations.get('p2p', bob.id)?.lastMessage !== undefined)
  })

  test('an imToken that is refused is replaced', async () => {
    const { page, me } = await person()
    me.imToken = 'stale'
    const { has } = bridgeOf(page, me)
    await has(100, page.y2wIM.connectionReturnCode.tokenIsInvalid)
    await has(1)
    expect(me.imToken).not.toBe('stale')
  })

  test('when the secret is stale the token of the login is enough', async () => {
    const { page, me } = await person()
    me.secret = 'stale'
    const { has } = bridgeOf(page, me)
    await has(1)
  })

  test('when nobody is logged in any more it gives up', async () => {
    const { page, me } = await person()
    me.token = 'ended'
    const { has, statuses } = bridgeOf(page, me)
    await has(100, page.y2wIM.connectionReturnCode.tokenIsInvalid)
    expect(statuses).toHaveLength(1)
  })

  test('an unreachable gate is asked again', async () => {
    let asked = 0
    const { page, me } = await person({
      fetch: (input, init) => {
        if (input.endsWith('/gateHandler')) asked += 1
        return asked === 1 ? Promise.reject(new Error('down')) : fetch(input, init)
      },
    })
    const { has } = bridgeOf(page, me)
    await has(page.y2wIM.connectionStatus.reconnecting, 1)
    await has(1)
    expect(asked).toBeGreaterThanOrEqual(2)
  })

  test('kicked: the page before is told, and stays away until it is connected by hand', async () => {
    const { page, me } = await person()
    const first = bridgeOf(page, me)
    await first.has(1)
    const elsewhere = openPage(env.url, browserStorage())
    await result((cb) => elsewhere.Users.getInstance().remote.login(account, 'secret', cb))
    const second = bridgeOf(elsewhere, elsewhere.Users.getInstance().getCurrentUser())
    await second.has(1)
    await first.has(page.y2wIM.connectionStatus.disconnected, page.y2wIM.connectionReturnCode.kicked)
    expect(first.statuses.at(-1)).toEqual([100, 10])
    const settled = first.statuses.length
    await result((cb) => me.contacts.remote.sync(cb))
    expect(first.statuses).toHaveLength(settled)
  })

  test('the raw client says when an answer is missing, and what waits when it is ended', async () => {
    const { transport } = fakePush(() => undefined)
    const { page, me } = await person({ transport, timing: { ack: 50 } })
    const client = page.y2wIM.connect({ appKey: me.appKey, token: 'any', uid: me.id })
    const codes: number[] = []
    const send = () =>
      new Promise<void>((resolve) => {
        const onFailure = (code: number) => {
          codes.push(code)
          resolve()
        }
        client.sendMessage({ id: 'p2p_1', mts: 1 }, {}, { onFailure })
      })
    await send()
    const last = send()
    client.disconnect()
    await last
    await send()
    expect(codes).toEqual([21, 21, 21])
    const refusals: unknown[] = []
    const told = (status: number, msg?: number) => void refusals.push([status, msg])
    const opts = { appKey: 'k', token: 't', uid: 'u', onConnectionStatusChanged: told }
    for (const missing of [{ uid: '' }, { token: '' }, { appKey: '' }])
      page.y2wIM.connect({ ...opts, ...missing })
    expect(refusals).toEqual([])
    await eventually(() => refusals.length === 6)
    expect(refusals.filter((_, at) => at % 2 === 1)).toEqual(
      expect.arrayContaining([
        [100, 4],
        [100, 5],
        [100, 7],
      ]),
    )
  })
})

describe('what the answers ask for', () => {
  async function sent(answer: Parameters<typeof fakePush>[0], timing = {}) {
    const push = fakePush(answer)
    const { page, me } = await person({ transport: push.transport, pushUrl: 'ws://nowhere/', timing })
    const { bridge, has } = bridgeOf(page, me)
    await has(1)
    const session = await open(me, bob)
    const imSession = bridge.transToIMSession(session)
    bridge.sendMessage(imSession, [{ type: 0 }])
    return { ...push, me, session, imSession, bridge }
  }

  test('20: nothing', async () => {
    const { frames, session, imSession } = await sent(() => ({ returnCode: 20 }))
    expect(frames).toMatchObject([
      {
        topic: `y2w/session/p2p_${session.id}`,
        cmd: 'sendMessage',
        mts: imSession.mts,
        message: { syncs: [{ type: 0 }] },
      },
    ])
    expect(imSession.mts).toBe(session.members.createdAt)
  })

  test('26: push is told who is in', async () => {
    const { frames, me, imSession } = await sent((_, count) => ({ returnCode: count === 1 ? 26 : 20 }))
    await eventually(() => frames.length === 2)
    const uids = [{ uid: bob.id }, { uid: me.id }]
    expect(frames[1]).toMatchObject({
      cmd: 'updateSession',
      mts: imSession.mts,
      force: false,
      message: { syncs: [{ type: 0 }] },
    })
    expect(frames[1]?.members).toEqual(expect.arrayContaining(uids))
  })

  test('27: the members are fetched again; the third time push has to take them', async () => {
    const { frames } = await sent((frame) => ({
      returnCode: frame.cmd === 'updateSession' ? 20 : 27,
      mts: 1,
    }))
    await eventually(() => frames.length === 4)
    expect(frames.map(({ cmd, force }) => [cmd, force])).toEqual([
      ['sendMessage', undefined],
      ['sendMessage', undefined],
      ['sendMessage', undefined],
      ['updateSession', true],
    ])
    expect(new Set(frames.map(({ y2wMessageId }) => y2wMessageId)).size).toBe(4)
  })

  test('28: push is told who came and went since', async () => {
    const { frames, imSession } = await sent((_, count) =>
      count === 1 ? { returnCode: 28, mts: imSessionMts() - 1 } : { returnCode: 20 },
    )
    function imSessionMts(): number {
      return Date.now() + 60_000
    }
    await eventually(() => frames.length === 2)
    expect(frames[1]).toMatchObject({ cmd: 'updateSession', force: false, mts: imSession.mts, members: [] })
  })

  test('no answer: it is sent again, under another id, and no more than eleven times', async () => {
    const { frames } = await sent(() => undefined, { ack: 10 })
    await eventually(() => frames.length === 12)
    await new Promise((resolve) => setTimeout(resolve, 50))
    expect(frames).toHaveLength(12)
    expect(new Set(frames.map(({ y2wMessageId }) => y2wMessageId)).size).toBe(12)
  })

  test('the real push with members that have changed meanwhile', async () => {
    const { page, me } = await person()
    const { bridge, has } = bridgeOf(page, me)
    await has(1)
    const session = await open(me, bob)
    const device = await bob.connect(env.mqttUrl, { clientId: 'bob-1' })
    bridge.sendMessage({ ...bridge.transToIMSession(session), mts: 1 }, [{ type: 'behind' }])
    await device.waitFor((frame) => frame.message?.syncs?.[0]?.type === 'behind')
    bridge.sendMessage({ ...bridge.transToIMSession(session), mts: Date.now() + 60_000 }, [{ type: 'ahead' }])
    await device.waitFor((frame) => frame.message?.syncs?.[0]?.type === 'ahead')
    await device.close()
  })
})

describe('the sync queue', () => {
  const conversations = { cmd: 'sendMessage', message: { syncs: [{ type: 0 }] } }

  test('pulls one at a time; what is named again meanwhile is pulled once more', async () => {
    const pulls: string[] = []
    let running = 0
    const push = fakePush(() => ({ returnCode: 20 }))
    const { page, me } = await person({
      transport: push.transport,
      pushUrl: 'ws://nowhere/',
      fetch: async (input, init) => {
        const isPull = /(userConversations|contacts|userSessions)\?/.test(input)
        if (isPull) {
          running += 1
          pulls.push(`${/(userConversations|contacts|userSessions)/.exec(input)?.[0]} ${running}`)
        }
        const answer = await fetch(input, init)
        if (isPull) running -= 1
        return answer
      },
    })
    const { bridge, has } = bridgeOf(page, me)
    await has(1)
    await eventually(() => pulls.length === 3 && bridge.syncList.length === 0)
    expect(pulls).toEqual(['userConversations 1', 'contacts 1', 'userSessions 1'])
    pulls.splice(0)
    for (let at = 0; at < 5; at += 1) push.say(conversations)
    push.say({ cmd: 'sendMessage', message: { syncs: [{ type: 2 }, { type: 2 }] } })
    await eventually(() => bridge.syncList.length === 0)
    expect(pulls).toEqual(['userConversations 1', 'userConversations 1', 'contacts 1'])
  })

  test('a pull that fails in passing is tried again', async () => {
    let failures = 2
    const push = fakePush(() => ({ returnCode: 20 }))
    const { page, me } = await person({
      transport: push.transport,
      pushUrl: 'ws://nowhere/',
      fetch: async (input, init) => {
        if (!/userConversations\?/.test(input) || failures === 0) return fetch(input, init)
        failures -= 1
        return new Response('{"message":"busy"}', { status: 503 })
      },
    })
    const { bridge } = bridgeOf(page, me)
    const synced: unknown[] = []
    bridge.onSynced = ({ type }, err, value) => void synced.push([type, err, value])
    await eventually(() => synced.length === 3)
    expect(synced[0]).toEqual([0, null, expect.any(Number)])
  })

  test('what is no sync leaves it alone', async () => {
    const push = fakePush(() => ({ returnCode: 20 }))
    const { page, me } = await person({ transport: push.transport, pushUrl: 'ws://nowhere/' })
    const { bridge, has } = bridgeOf(page, me)
    await has(1)
    for (const message of [{}, { syncs: 7 }, { syncs: [null, 3.5, { type: 'unknown' }] }, { hello: 'bob' }]) {
      push.say({ cmd: 'sendMessage', message })
    }
    await eventually(() => bridge.syncList.length === 0)
  })
})

describe('types of one’s own', () => {
  async function there() {
    const push = fakePush(() => ({ returnCode: 20 }))
    const { page, me } = await person({
      transport: push.transport,
      pushUrl: 'ws://nowhere/',
      timing: { custom: 100 },
    })
    return { ...push, page, me }
  }
  const note = (n: number) => ({ cmd: 'sendMessage', message: { syncs: [{ type: 'note', n }, { type: 0 }] } })

  test('on the object: added to syncTypes, handled by a handleMessage around the old one', async () => {
    const { page, me, say } = await there()
    const { bridge, has } = bridgeOf(page, me)
    const handled: unknown[] = []
    bridge.syncTypes.note = 'note'
    const before = bridge.handleMessage
    bridge.handleMessage = function () {
      const [syncObj] = this.syncList
      if (syncObj?.type !== this.syncTypes.note) return before.call(this)
      handled.push(syncObj?.n)
      setTimeout(() => {
        // It may take the item off the list, or leave that to the bridge.
        if (syncObj?.n === 1) this.syncList.splice(0, 1)
        if (this.syncList.length > 0) this.handleMessage()
      }, 5)
    }
    await has(1)
    for (const n of [1, 2, 3]) say(note(n))
    await eventually(() => bridge.syncList.length === 0)
    expect(handled).toEqual([1, 2, 3])
  })

  test('on the class, as the document writes it; calling back at once', async () => {
    const { page, me, say } = await there()
    const { y2wIMBridge } = page
    const handled: unknown[] = []
    y2wIMBridge.syncTypes.note = 'note'
    const before = y2wIMBridge.prototype.handleMessage
    const classLike = y2wIMBridge as unknown as { handleMessage: typeof before }
    classLike.handleMessage = function (this: typeof y2wIMBridge.prototype) {
      const [syncObj] = this.syncList
      if (syncObj?.type !== 'note') return before.call(this)
      handled.push(syncObj.n)
      this.handleMessage()
    }
    const { bridge, has } = bridgeOf(page, me)
    await has(1)
    for (const n of [1, 2, 3]) say(note(n))
    await eventually(() => bridge.syncList.length === 0)
    expect(handled).toEqual([1, 2, 3])
    expect(Object.keys((await there()).page.y2wIMBridge.syncTypes)).not.toContain('note')
  })

  test('in a subclass, by a handler that never ends', async () => {
    const { page, me, say } = await there()
    const handled: unknown[] = []
    class Own extends page.y2wIMBridge {
      override handleMessage(): void {
        const [syncObj] = this.syncList
        if (syncObj?.type === 'note') handled.push(syncObj.n)
        else super.handleMessage()
      }
    }
    Own.syncTypes.note = 'note'
    const bridge = new Own(me)
    closing.push(() => bridge.disconnect())
    await new Promise<void>((resolve) => {
      bridge.onConnectionStatusChanged = (status) => {
        if (status === 1) resolve()
      }
    })
    for (const n of [1, 2]) say(note(n))
    await eventually(() => handled.length === 2 && bridge.syncList.length === 0)
    expect(handled).toEqual([1, 2])
  })

  test('sendTypes: in the one queue with the others, in order', async () => {
    const { page, me, frames } = await there()
    const { bridge, has } = bridgeOf(page, me)
    await has(1)
    const session = await open(me, bob)
    bridge.sendTypes.location = 'location'
    const handleSendLocationMessage = (sendObj: SendObj, cb: () => void) => {
      const content = { longitude: sendObj.longitude, latitude: sendObj.latitude }
      const message = session.messages.createMessage({ sender: me.id, type: 'location', content })
      session.messages.remote.store(message, () => {
        bridge.sendMessage(bridge.transToIMSession(session), [{ type: bridge.syncTypes.userConversation }])
        cb()
      })
    }
    const before = bridge.handleSendMessage
    bridge.handleSendMessage = function () {
      const [sendObj] = this.sendList
      switch (sendObj?.type) {
        case this.sendTypes.location:
          handleSendLocationMessage(sendObj as SendObj, () => {
            if (this.sendList.length > 0) this.handleSendMessage()
          })
          break
        default:
          before.call(this)
      }
    }
    bridge.sendTextMessage(bob.id, 'p2p', '1')
    bridge.addToSendList({ type: 'location', targetId: bob.id, scene: 'p2p', longitude: 1, latitude: 2 })
    bridge.sendTextMessage(bob.id, 'p2p', '3')
    await eventually(() => bridge.sendList.length === 0)
    const { entries } = await bob.pullMessages(session.id)
    expect(entries.slice(-3).map(({ type }) => type)).toEqual(['text', 'location', 'text'])
    expect(entries.at(-2)?.content).toBe('{"longitude":1,"latitude":2}')
    await eventually(() => frames.length === 3)
  })
})
