import { randomUUID } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from '@jest/globals'
import jwt from 'jsonwebtoken'
import mqtt, { type MqttClient } from 'mqtt'
import { ensureApp } from '../../api/apps/store.js'
import type { LoginObject, MemberObject, MessageObject } from '../../shared/wire/objects.js'
import { SyncType } from '../../shared/wire/sync-types.js'
import { administratorOf } from '../helpers/admin.js'
import { type Apart, startApart } from '../helpers/apart.js'
import { removeMember } from '../helpers/attack.js'
import { type RunningProcess, startProcess } from '../helpers/child.js'
import { createTestDatabase, type TestDatabase } from '../helpers/database.js'
import { request } from '../helpers/http.js'
import { type Device, type Frame, Person, registerPerson, stampOf } from '../helpers/person.js'
import { until } from '../helpers/push-env.js'
import { expectRefusal } from '../helpers/refusal.js'
import { TEST_APP, TEST_PROCESS_ENV, TEST_TOKEN_SECRET } from '../helpers/test-app.js'
import { TestEnv } from '../helpers/test-env.js'

/**
 * Those of the original's weaknesses (yun2win.md §4) that lie in push, or between processes, attacked by somebody
 * who means it. The others are in weaknesses-rights and weaknesses-data.
 */

let env: TestEnv
let admin: Person
let alice: Person
let bob: Person
let mallory: Person
let eve: Person

beforeAll(async () => {
  env = await TestEnv.start()
  const people = await env.people('alice', 'bob', 'mallory', 'eve')
  ;[alice, bob, mallory, eve] = people as [Person, Person, Person, Person]
  admin = await administratorOf(env.url)
})
afterAll(() => env.close())

/** The mts that somebody knows: members who come and go move it. */
async function mtsOf(person: Person, sessionId: string): Promise<number> {
  const { entries } = await person.pullMembers(sessionId)
  return Math.max(...entries.map(({ createdAt }) => stampOf(createdAt)))
}

/** Publishes a frame and waits for its ack. */
async function ask(device: Device, topic: string, frame: object): Promise<Frame> {
  const y2wMessageId = randomUUID()
  device.publish(topic, { y2wMessageId, ...frame })
  return device.waitFor((received) => received.y2wMessageId === y2wMessageId)
}

/** A message of an application's own, to be told from what the API announces. */
const custom = (type: string) => ({ message: { syncs: [{ type }] } })
const hasCome = (device: Device, type: string) =>
  device.frames.some((frame) => frame.message?.syncs?.some((sync: Frame) => sync.type === type))

/** Whatever was on its way to a device has come after this. */
async function settle(device: Device): Promise<void> {
  const { owner } = device
  const { id } = await owner.p2pWith(owner.id === eve.id ? alice : eve)
  const { updatedAt } = await owner.send(id, 'is anything left?')
  await device.nudge(`p2p_${id}`, stampOf(updatedAt))
}

describe('W2: publishing to sessions of others', () => {
  let groupId: string
  let topic: string
  let devices: Device[]
  let ofAlice: Device
  let ofBob: Device
  let ofMallory: Device
  let ofEve: Device

  beforeEach(async () => {
    groupId = (await alice.group(bob)).id
    topic = `y2w/session/group_${groupId}`
    devices = await Promise.all([alice, bob, mallory, eve].map((person) => person.connect(env.mqttUrl)))
    ;[ofAlice, ofBob, ofMallory, ofEve] = devices as [Device, Device, Device, Device]
  })
  afterEach(() => Promise.all(devices.map((device) => device.close())))

  test('and writing oneself into them reaches nobody and is told nothing', async () => {
    const mts = await mtsOf(alice, groupId)
    const pair = await alice.p2pWith(bob)
    const own = await alice.must<{ id: string }>('GET', `sessions/single/${alice.id}`)
    const members = [{ uid: mallory.id }, { uid: alice.id, isDel: true }, { uid: bob.id, isDel: true }]
    const frames = [
      ...[0, mts - 1, mts, mts + 1, 4e12].map((claimed) => ({ cmd: 'sendMessage', mts: claimed })),
      { cmd: 'updateSession', mts, members },
      { cmd: 'updateSession', mts: mts + 1, members, force: true },
      { cmd: 'updateSession', members: [], force: true },
      { cmd: 'announce', stamp: mts, mts, syncs: custom('evil').message.syncs },
    ]
    const topics = [
      topic,
      `y2w/session/p2p_${pair.id}`,
      `y2w/session/p2p_${groupId}`,
      `y2w/session/single_${own.id}`,
      `y2w/session/y2wIMApp_${alice.id}`,
      `y2w/user/${alice.id}`,
      `y2w/session/group_0${groupId}`,
    ]
    for (const each of topics) {
      for (const frame of frames) {
        const { returnCode, ...rest } = await ask(ofMallory, each, { ...frame, ...custom('evil') })
        expect([20, 22, 30, 31]).toContain(returnCode)
        expect(rest).not.toHaveProperty('mts')
      }
    }
    // Frames that would be told to anybody would have been told by now; what is true still is.
    const message = await alice.send(groupId, 'still among us')
    for (const device of [ofAlice, ofBob]) {
      await device.nudge(`group_${groupId}`, stampOf(message.updatedAt))
      expect(hasCome(device, 'evil')).toBe(false)
    }
    await settle(ofMallory)
    expect(JSON.stringify(ofMallory.frames)).not.toContain(`group_${groupId}`)
  })

  test('is not helped by a member who uploads a list, or by force', async () => {
    const members = [{ uid: mallory.id }, { uid: bob.id, isDel: true }]
    for (const [n, extra] of [{ force: false }, { force: true }, { force: true, mts: 4e12 }].entries()) {
      const frame = { cmd: 'updateSession', mts: 1, members, ...extra, ...custom(`list ${n}`) }
      expect(await ask(ofAlice, topic, frame)).toMatchObject({ returnCode: 20 })
      await ofBob.waitFor(() => hasCome(ofBob, `list ${n}`))
    }
    // Nor has the list been kept.
    const mts = await mtsOf(alice, groupId)
    expect(await ask(ofAlice, topic, { cmd: 'sendMessage', mts, ...custom('later') })).toMatchObject({
      returnCode: 20,
    })
    await ofBob.waitFor(() => hasCome(ofBob, 'later'))
    await settle(ofMallory)
    expect(ofMallory.frames.filter((frame) => /list|later/.test(JSON.stringify(frame)))).toEqual([])
  })

  test('ends for members with their removal, and for accounts that are closed', async () => {
    const names = ['closed', 'deleted'].map((name) => `${name}-${groupId}`)
    const [closed, deleted] = (await env.people(...names)) as [Person, Person]
    for (const person of [mallory, eve, closed, deleted]) await alice.add(groupId, person)
    const gone = [ofMallory, await closed.connect(env.mqttUrl), await deleted.connect(env.mqttUrl)]
    devices.push(...gone)
    await removeMember(alice, groupId, mallory)
    await admin.must('PUT', `users/${closed.id}`, { json: { status: 'inactive' } })
    await admin.must('DELETE', `users/${deleted.id}`)
    await until(() => gone.every(({ client }) => client === ofMallory.client || !client.connected))
    // A deleted user leaves the groups after the answer, which moves the mts once more.
    const isIn = ({ userId, isDelete }: MemberObject) => userId === deleted.id && !isDelete
    while ((await alice.pullMembers(groupId)).entries.some(isIn)) await sleep(20)
    const mts = await mtsOf(alice, groupId)
    expect((await ask(ofMallory, topic, { cmd: 'sendMessage', mts, ...custom('evil') })).returnCode).toBe(20)
    await ask(ofAlice, topic, { cmd: 'sendMessage', mts, ...custom('private') })
    for (const device of [ofBob, ofEve]) {
      await device.waitFor(() => hasCome(device, 'private'))
      expect(hasCome(device, 'evil')).toBe(false)
    }
    await settle(ofMallory)
    for (const device of gone) expect(hasCome(device, 'private')).toBe(false)
  })

  test('and subscribing to what is another’s is refused', async () => {
    await ofMallory.client.subscribeAsync(`y2w/user/${mallory.id}`)
    const hers = `y2w/user/${alice.id}`
    for (const filter of [hers, `$share/x/${hers}`, 'y2w/user/+', '#', '+/+/+', topic, '$SYS/#']) {
      await expect(ofMallory.client.subscribeAsync(filter)).rejects.toThrow()
    }
    const message = await bob.send(groupId, 'for alice')
    await ofAlice.nudge(`group_${groupId}`, stampOf(message.updatedAt))
    await settle(ofMallory)
    expect(JSON.stringify(ofMallory.frames)).not.toContain(`group_${groupId}`)
  })
})

type Dialled = MqttClient & { frames: Frame[] }

/** A CONNECT with anything in it. Rejects with the CONNACK's code when refused. */
async function dial(
  username: string,
  password: string,
  clientId = `00${randomUUID()}`,
  url = env.mqttUrl,
): Promise<Dialled> {
  const client = mqtt.connect(url, { username, password, clientId, reconnectPeriod: 0 })
  const frames: Frame[] = []
  client.on('message', (_topic, payload) => frames.push(JSON.parse(payload.toString())))
  await new Promise<void>((resolve, reject) => {
    client.once('connect', () => resolve())
    client.once('error', reject)
  })
  return Object.assign(client, { frames })
}

/** Refused for who it claims to be, and not because the server is busy or broken. */
async function expectNoEntry(...credentials: Parameters<typeof dial>): Promise<void> {
  const letIn = (client: Dialled) => client.endAsync(true).then(() => 'let in')
  const outcome = await dial(...credentials).then(letIn, (error) => error.code)
  expect([4, 5, 6]).toContain(outcome)
}

describe('W3: connecting as somebody else', () => {
  /** The same account name in another app. */
  async function namesake(): Promise<Person> {
    const key = 'another-app'
    const secret = 'the secret of another app'
    await ensureApp(env.api.context.db, { key, secret, name: 'another', createdAt: Date.now() })
    const json = { email: alice.login.email, password: 'p', appKey: key }
    await request('POST', `${env.url}/v1/users/register`, { json })
    const { body } = await request<LoginObject>('POST', `${env.url}/v1/users/login`, { json })
    return new Person(env.url, body)
  }

  /** An imToken of hers with something changed, signed anew. */
  async function forge(change: object, secret = TEST_TOKEN_SECRET): Promise<string> {
    const claims = jwt.decode(await alice.imToken()) as object
    return jwt.sign({ ...claims, ...change }, secret)
  }

  /** Her claims with a signature that is not theirs. */
  async function resign(header: object, signature: string): Promise<string> {
    const [, claims] = (await alice.imToken()).split('.')
    return [Buffer.from(JSON.stringify(header)).toString('base64url'), claims, signature].join('.')
  }

  test('is a matter of the password alone', async () => {
    for (const password of [await alice.imToken(), await forge({})]) {
      await (await dial(alice.id, password)).endAsync(true)
    }
  })

  test.each<[string, () => string | Promise<string>]>([
    ['an imToken of one’s own', () => mallory.imToken()],
    ['an access token of one’s own', () => mallory.token],
    ['her access token', () => alice.token],
    ['the administrator’s token', () => admin.token],
    ['the dated secret', () => alice.login.secret],
    ['the app’s secret', () => TEST_APP.appSecret],
    ['her password', () => 'password of alice'],
    ['an imToken of another app', async () => (await namesake()).imToken()],
    ['one that has expired', () => forge({ exp: 1 })],
    ['one of another secret', () => forge({}, `not ${TEST_TOKEN_SECRET}`)],
    ['one of another audience', () => forge({ aud: 'other' })],
    ['one of another issuer', () => forge({ iss: 'other' })],
    ['one without a signature', () => resign({ alg: 'none', typ: 'JWT' }, '')],
    ['one with a wrong signature', () => resign({ alg: 'HS256', typ: 'JWT' }, 'wrong')],
    ['nothing', () => ''],
  ])('takes more than %s', async (_title, password) => {
    await expectNoEntry(alice.id, await password())
  })

  test('is not helped by another spelling of who one is', async () => {
    const own = await mallory.imToken()
    const names = ['service', '-1', 'system', ` ${alice.id}`, `0${mallory.id}`, alice.login.email, '']
    for (const name of names) await expectNoEntry(name, own)
    await expectNoEntry('service', admin.token)
    await expectNoEntry('service', await forge({ sub: 'service' }))
  })

  const buy = (form: Record<string, string>, token?: string, secret = alice.login.secret) => {
    const client = { client_id: TEST_APP.appKey, client_secret: secret }
    const all = { grant_type: 'client_credentials', ...client, ...form }
    return request('POST', `${env.url}/oauth/token`, { form: all, token })
  }

  test('is not for sale: an imToken is the buyer’s own, whoever he says he is', async () => {
    const named = { userId: alice.id, sub: alice.id, username: alice.id, uid: alice.id }
    const { body } = await buy(named, mallory.token)
    await expectNoEntry(alice.id, body.access_token)
    await (await dial(mallory.id, body.access_token)).endAsync(true)

    const foreign = await namesake()
    for (const answer of [
      await buy({}),
      await buy({}, 'garbage'),
      await buy({}, await alice.imToken()),
      await buy({}, admin.token),
      await buy({}, foreign.token),
      await buy({ client_id: foreign.login.key }, alice.token, foreign.login.secret),
    ]) {
      expectRefusal(answer, 401)
    }
    expectRefusal(await buy({}, foreign.token, foreign.login.secret), 400)
  })

  test('ends with the login', async () => {
    const leaver = await env.person('leaver')
    const token = await leaver.imToken()
    const device = await dial(leaver.id, token)
    const closed = new Promise<void>((resolve) => device.once('close', () => resolve()))
    await leaver.must('POST', 'users/logout')
    await closed
    await expectNoEntry(leaver.id, token)
    expectRefusal(await leaver.call('GET', `users/${leaver.id}`), 401)
    expectRefusal(await buy({}, leaver.token), 401)
  })

  test('and an imToken opens nothing else', async () => {
    const token = await alice.imToken()
    for (const path of [`users/${alice.id}`, `users/${alice.id}/userConversations`, 'sessions']) {
      expectRefusal(await alice.call('GET', path, { token }), 401)
      expectRefusal(await alice.call('GET', `${path}?access_token=${token}`, { token: undefined }), 401)
    }
  })
})

describe('W17: a notification that is lost', () => {
  let ofBob: Device
  beforeAll(async () => {
    ofBob = await bob.connect(env.mqttUrl)
  })
  afterAll(() => ofBob.close())

  test('by a client that never sends one: the API tells of every change itself', async () => {
    const { id: groupId } = await alice.group(bob)
    const { id: messageId } = await alice.send(groupId, 'hello')
    const own = `users/${bob.id}`
    const changes: [type: number | string, by: Person, method: string, path: string, json: object][] = [
      [SyncType.messages, alice, 'POST', `sessions/${groupId}/messages`, { type: 'text', content: 'hi' }],
      [
        SyncType.messages,
        alice,
        'PUT',
        `sessions/${groupId}/messages/${messageId}`,
        { type: 'text', content: 'ho' },
      ],
      [SyncType.userConversations, alice, 'POST', `sessions/${groupId}/members`, { userId: eve.id }],
      [SyncType.userConversations, alice, 'PUT', `sessions/${groupId}`, { name: 'renamed' }],
      [SyncType.contacts, bob, 'POST', `${own}/contacts`, { userId: alice.id }],
      [SyncType.contacts, mallory, 'POST', `users/${mallory.id}/contacts`, { userId: bob.id }],
      [SyncType.userSessions, bob, 'POST', `${own}/userSessions`, { sessionId: groupId }],
      [SyncType.user, bob, 'PUT', own, { name: 'bobby' }],
      [SyncType.contacts, alice, 'PUT', `users/${alice.id}`, { name: 'alicia' }],
    ]
    for (const [type, by, method, path, json] of changes) {
      const { updatedAt } = await by.must<{ updatedAt: string }>(method, path, { json })
      await ofBob.waitFor(
        ({ stamp, message }) =>
          stamp >= stampOf(updatedAt) && message.syncs.some((sync: Frame) => sync.type === type),
      )
    }
  })

  test('because its sender knew an old mts: the update comes through all the same', async () => {
    const { id } = await alice.group(bob)
    const ofAlice = await alice.connect(env.mqttUrl)
    const topic = `y2w/session/group_${id}`
    const stale = { mts: 1, ...custom('stale') }
    expect(await ask(ofAlice, topic, { cmd: 'sendMessage', ...stale })).toMatchObject({ returnCode: 27 })
    const update = { cmd: 'updateSession', members: [], ...stale }
    expect(await ask(ofAlice, topic, update)).toMatchObject({ returnCode: 20 })
    await ofBob.waitFor(() => hasCome(ofBob, 'stale'))
    await ofAlice.close()
  })
})

test.each(['many', 'kick'])(
  'W18: with DEVICE_POLICY %s nobody is kicked by himself, or by a stranger',
  async (policy) => {
    const env = await TestEnv.start({ settings: { DEVICE_POLICY: policy } })
    const [alice, bob, mallory] = (await env.people('alice', 'bob', 'mallory')) as [Person, Person, Person]
    const [token, foreign] = [await alice.imToken(), await mallory.imToken()]
    const guid = randomUUID()
    const page = await dial(alice.id, token, `00${guid}`, env.mqttUrl)
    const phone = await dial(alice.id, token, `01${randomUUID()}`, env.mqttUrl)
    // The same page comes back: its old connection ends without the frame that would log the user out.
    const closed = new Promise<void>((resolve) => page.once('close', () => resolve()))
    const again = await dial(alice.id, token, `10${guid}`, env.mqttUrl)
    await closed
    const ofMallory = await dial(mallory.id, foreign, `00${guid}`, env.mqttUrl)
    for (const password of [foreign, 'nonsense']) {
      await expectNoEntry(alice.id, password, `00${guid}`, env.mqttUrl)
      await expectNoEntry(alice.id, password, `00${randomUUID()}`, env.mqttUrl)
    }
    const { id } = await alice.p2pWith(bob)
    await bob.send(id, 'are both of you there?')
    const isTold = ({ frames }: Dialled) => JSON.stringify(frames).includes(`p2p_${id}`)
    await until(() => isTold(again) && isTold(phone))
    const isKicked = ({ frames }: Dialled) => frames.some(({ returnCode }) => returnCode === 10)
    expect([page, again, phone, ofMallory].filter(isKicked)).toEqual([])

    // Only another page, and only where the app wants that.
    const other = await dial(alice.id, token, `00${randomUUID()}`, env.mqttUrl)
    await bob.send(id, 'and now?')
    await until(() => isTold(other))
    expect([isKicked(again), isKicked(phone), isKicked(other)]).toEqual([policy === 'kick', false, false])
    for (const client of [again, phone, ofMallory, other]) await client.endAsync(true)
    await env.close()
  },
)

describe('processes as people start them', () => {
  let database: TestDatabase
  let apart: Apart
  beforeAll(async () => {
    database = await createTestDatabase()
    apart = await startApart(database.url, 2)
  }, 60_000)
  afterAll(async () => {
    for (const running of [...apart.apis, apart.push]) await running.kill()
    await database.drop()
  }, 60_000)

  test('W11: unread, last and recent messages are the same at every API, and survive one that is killed', async () => {
    const [one, two] = apart.apis as [RunningProcess, RunningProcess]
    const sender = await registerPerson(one.url, 'w11-sender')
    const reader = await registerPerson(two.url, 'w11-reader')
    const { id } = await sender.p2pWith(reader)
    await reader.pullMessages(id)
    const expectShown = async (unread: number, text: string) => {
      for (const { url } of apart.apis) {
        const { entries } = await reader.at(url).pullConversations()
        const lastMessage = { sender: sender.id, type: 'text', content: JSON.stringify({ text }) }
        expect(entries).toMatchObject([{ unread, lastMessage }])
      }
    }
    await sender.send(id, 'one')
    await expectShown(1, 'one')
    await sender.at(two.url).send(id, 'two')
    await expectShown(2, 'two')

    await one.kill('SIGKILL')
    apart.apis[0] = await apart.restartApi(0)
    await expectShown(2, 'two')
    const history = await reader.must<MessageObject[]>('GET', `sessions/${id}/messages/history?limit=2`)
    expect(history.map(({ content }) => JSON.parse(content).text)).toEqual(['two', 'one'])
    await expectShown(0, 'two')
  })

  test('W17: what push was killed with is pulled after the next connect', async () => {
    const { url } = apart.apis[1] as RunningProcess
    const sender = await registerPerson(url, 'w17-sender')
    const reader = await registerPerson(url, 'w17-reader')
    const { id } = await sender.p2pWith(reader)
    const { updatedAt } = await sender.send(id, 'before')
    const before = await reader.connect(apart.push.mqttUrl)
    await apart.push.kill('SIGKILL')
    await sender.send(id, 'lost')
    await before.close()
    apart.push = await apart.restartPush()
    const after = await redial(reader, apart.push.mqttUrl)
    const { entries } = await reader.pullMessages(id, stampOf(updatedAt))
    expect(entries.map(({ content }) => JSON.parse(content).text)).toEqual(['lost'])
    const next = stampOf((await sender.send(id, 'after')).updatedAt)
    await until(() => after.frames.some(({ stamp }) => stamp >= next))
    await after.endAsync(true)
  })

  /** As clients do: a push that has just started lets nobody in for a moment. */
  async function redial(person: Person, url: string): Promise<Dialled> {
    const token = await person.imToken()
    for (;;) {
      const client = await dial(person.id, token, `10${randomUUID()}`, url).catch(() => undefined)
      if (client) return client
      await sleep(100)
    }
  }

  test('W14: no log line holds a token, a password or what was said, and no page learns the address', async () => {
    const settings = { ...TEST_PROCESS_ENV, DATABASE_URL: database.url, LOG_LEVEL: 'trace' }
    const main = await startProcess('main.js', settings)
    const person = await registerPerson(main.url, 'w14')
    const imToken = await person.imToken()
    const { id } = await person.group()
    await person.send(id, 'what was said')
    const device = await person.connect(main.mqttUrl)
    await ask(device, `y2w/session/group_${id}`, { cmd: 'sendMessage', mts: 1, ...custom('what was pushed') })
    await device.close()

    const said = ['password of w14', 'what was']
    const tokens = [person.token, imToken, 'a.forged.token']
    const secrets = [...said, ...tokens, person.login.secret, TEST_APP.appSecret, TEST_TOKEN_SECRET]
    const paths = [
      'attachments/999999/content',
      `users/${person.id}`,
      'nothing/here',
      '%ZZ',
      `users/${'9'.repeat(30)}`,
    ]
    for (const path of paths) {
      for (const token of tokens) {
        const response = await fetch(`${main.url}/v1/${path}?access_token=${token}`)
        expect(response.headers.get('referrer-policy')).toBe('no-referrer')
        expect(await response.text()).not.toContain(token)
      }
    }
    for (const body of ['{"text":"what was said"', 'email=w14&password=password of w14&x=%ZZ']) {
      await fetch(`${main.url}/v1/sessions?access_token=${person.token}`, { method: 'POST', body })
    }
    await fetch(`${main.url}/the-last-request?access_token=${person.token}`)
    await until(() => main.output().includes('/the-last-request'))
    expect(main.output()).toContain('/v1/attachments/999999/content')
    const told = secrets.filter((each) => main.output().includes(each))
    expect(told).toEqual([])
    await main.kill()
  })
})
