import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { notes } from '../../test/helpers/note-extension.js'
import { pins } from '../../test/helpers/pin-extension.js'
import { TestEnv } from '../../test/helpers/test-env.js'
import {
  type Client,
  defineMessageType,
  defineSyncType,
  type Link,
  memoryStorage,
  NudgeError,
  type RequestTrace,
  type Session,
  type Transport,
  webSocketTransport,
} from '../src/index.js'
import { credentialsOf, device, hears, idOf, newClient, person, type TestClient } from './helpers/clients.js'

/** The client's part of docs/extending.md. */

interface Note {
  id: string
  text: string
  isDelete: boolean
  createdAt: string
  updatedAt: string
}

interface Pin {
  id: string
  messageId: string
  isDelete: boolean
  updatedAt: string
}

const noteType = defineSyncType<Note>({
  type: 'note',
  path: (userId) => `users/${userId}/notes`,
  compare: (a, b) => a.text.localeCompare(b.text),
})
const pinType = defineSyncType<Pin>({
  type: 'pin',
  sessionPath: (sessionId) => `sessions/${sessionId}/pins`,
})
const syncTypes = [noteType, pinType]

let env: TestEnv
beforeAll(async () => {
  env = await TestEnv.start({ extensions: [notes, pins] })
})
afterAll(() => env.close())

/** The pulls of a collection from now on. */
function pullsOf(client: Client, end: string): RequestTrace[] {
  const pulls: RequestTrace[] = []
  client.on('trace', (trace) => {
    if (trace.kind === 'request' && trace.request.method === 'GET' && trace.request.path.endsWith(end)) {
      pulls.push(trace.request)
    }
  })
  return pulls
}

const texts = (client: Client) => client.synced(noteType).items.map(({ row }) => row.text)
const has = (client: Client, ...expected: string[]) =>
  client.synced(noteType).until((items) => `${items.map(({ row }) => row.text)}` === `${expected}`)

/** A connection that breaks when it is told to, and stays so until it is let go again. */
function breakable() {
  const transport = webSocketTransport()
  const links = new Set<Link>()
  let isBroken = false
  const mqtt: Transport = (dial, handlers) => {
    const link = transport(isBroken ? { ...dial, url: 'ws://127.0.0.1:9' } : dial, handlers)
    links.add(link)
    return link
  }
  return {
    mqtt,
    cut() {
      isBroken = true
      for (const link of links) link.close()
    },
    mend() {
      isBroken = false
    },
  }
}

describe('a user’s notes', () => {
  let phone: TestClient
  let laptop: TestClient

  beforeAll(async () => {
    phone = await person(env, 'nora', { syncTypes })
    laptop = await device(env, 'nora', { syncTypes })
  })

  test('what one device writes, the other one has by nudge, as a delta', async () => {
    const pulls = pullsOf(laptop, '/notes')
    const first = await phone.synced(noteType).add({ text: 'milk' })
    expect(texts(phone)).toEqual(['milk'])
    await has(laptop, 'milk')
    await phone.synced(noteType).add({ text: 'bread' })
    await has(laptop, 'bread', 'milk')
    await phone.synced(noteType).change(first.id, { text: 'oat milk' })
    await has(laptop, 'bread', 'oat milk')
    expect(laptop.synced(noteType).get(first.id)?.row.text).toBe('oat milk')
    // Each pull brought the one row that was new.
    expect(pulls.map(({ rows }) => rows).filter((rows) => rows !== 0)).toEqual([1, 1, 1])
    expect(pulls.every(({ cursor }) => cursor !== undefined)).toBe(true)
  })

  test('a tombstone takes its row off the list, and stays known', async () => {
    const note = await phone.synced(noteType).add({ text: 'short-lived' })
    await has(laptop, 'bread', 'oat milk', 'short-lived')
    await laptop.synced(noteType).remove(note.id)
    await has(phone, 'bread', 'oat milk')
    expect(phone.synced(noteType).get(note.id)).toBeUndefined()
    const held = [...phone.synced(noteType).all].find(({ id }) => id === note.id)
    expect(held?.row).toMatchObject({ isDelete: true, text: '' })
  })

  test('the object of a row stays the same, and the array changes with it', async () => {
    const list = phone.synced(noteType)
    const [held] = list.items
    const before = list.items
    expect(list.items).toBe(before)
    await laptop.synced(noteType).change(held?.id ?? '', { text: 'black bread' })
    await has(phone, 'black bread', 'oat milk')
    expect(list.items[0]).toBe(held)
    expect(list.items).not.toBe(before)
  })

  test('what is refused changes nothing', async () => {
    const refused = phone.synced(noteType).add({ text: '' })
    await expect(refused).rejects.toMatchObject({ name: 'NudgeError', code: 'InvalidParameter' })
    await expect(phone.synced(noteType).change('999999', { text: 'x' })).rejects.toBeInstanceOf(NudgeError)
    expect(texts(phone)).toEqual(['black bread', 'oat milk'])
  })

  test('what happened while the connection was cut comes with the next one', async () => {
    const connection = breakable()
    const tablet = await device(env, 'nora', { syncTypes, mqtt: connection.mqtt })
    const pulls = pullsOf(tablet, '/notes')
    connection.cut()
    await tablet.until('offline')
    await phone.synced(noteType).add({ text: 'apples' })
    connection.mend()
    await tablet.until('live')
    expect(texts(tablet)).toEqual(['apples', 'black bread', 'oat milk'])
    expect(pulls.reduce((sum, { rows = 0 }) => sum + rows, 0)).toBe(1)
  })

  test('a device that is started again has what it had, and pulls what it missed', async () => {
    const storage = memoryStorage()
    const tablet = await device(env, 'nora', { syncTypes, storage })
    expect(texts(tablet)).toEqual(['apples', 'black bread', 'oat milk'])
    await tablet.close()
    await phone.synced(noteType).add({ text: 'cheese' })

    const again = newClient(env.url, { pushUrl: env.wsUrl, syncTypes, storage })
    const pulls = pullsOf(again, '/notes')
    await again.resume()
    // Before anything was asked of the server.
    expect(texts(again)).toEqual(['apples', 'black bread', 'oat milk'])
    await again.until('live')
    expect(texts(again)).toEqual(['apples', 'black bread', 'cheese', 'oat milk'])
    expect(pulls.reduce((sum, { rows = 0 }) => sum + rows, 0)).toBe(1)
  })

  test('nobody else has them', async () => {
    const stranger = await person(env, 'stan', { syncTypes })
    expect(texts(stranger)).toEqual([])
  })

  test('a type that was not given to the client is refused in words', () => {
    const other = newClient(env.url)
    expect(() => other.synced(noteType)).toThrow('the sync type note was not given to createClient')
  })
})

describe('the pins of a session', () => {
  let alice: TestClient
  let bob: TestClient
  let atAlice: Session
  let atBob: Session
  let plan: string
  const storage = memoryStorage()

  const pinned = (client: Client, session: Session) =>
    client.synced(pinType, session).items.map(({ row }) => row.messageId)
  const hasPins = (client: Client, session: Session, ...ids: string[]) =>
    client.synced(pinType, session).until((items) => `${items.map(({ row }) => row.messageId)}` === `${ids}`)

  beforeAll(async () => {
    ;[alice, bob] = await Promise.all([
      person(env, 'alice', { syncTypes }),
      person(env, 'bob', { syncTypes, storage }),
    ])
    atAlice = await alice.sessions.p2p(idOf(bob))
    atBob = await bob.sessions.p2p(idOf(alice))
    plan = (await atAlice.sendText('the plan').whenStored()).id ?? ''
    await hears(bob, 'the plan')
  })

  test('who asks for a list has it, and is told of what the other side does to it', async () => {
    await bob.synced(pinType, atBob).sync()
    expect(pinned(bob, atBob)).toEqual([])
    const pulls = pullsOf(bob, '/pins')
    await alice.synced(pinType, atAlice).change(plan, {})
    expect(pinned(alice, atAlice)).toEqual([plan])
    await hasPins(bob, atBob, plan)
    expect(pulls.map(({ rows }) => rows).filter((rows) => rows !== 0)).toEqual([1])

    await bob.synced(pinType, atBob).remove(plan)
    await hasPins(alice, atAlice)
    await alice.synced(pinType, atAlice).change(plan, {})
    await hasPins(bob, atBob, plan)
  })

  test('each session has a list of its own', async () => {
    const group = await alice.sessions.createGroup({ members: [idOf(bob)] })
    await alice.synced(pinType, group).sync()
    expect(pinned(alice, group)).toEqual([])
    expect(alice.synced(pinType, group)).toBe(alice.synced(pinType, group))
    expect(alice.synced(pinType, group)).not.toBe(alice.synced(pinType, atAlice))
  })

  test('is kept with what the device has, and goes on from there', async () => {
    await bob.close()
    const second = (await atAlice.sendText('the other plan').whenStored()).id ?? ''
    await alice.synced(pinType, atAlice).change(second, {})

    const again = newClient(env.url, { pushUrl: env.wsUrl, syncTypes, storage })
    const pulls = pullsOf(again, '/pins')
    await again.resume()
    await again.until('live')
    const session = await again.sessions.p2p(idOf(alice))
    await hasPins(again, session, plan, second)
    expect(pulls.reduce((sum, { rows = 0 }) => sum + rows, 0)).toBe(1)
  })
})

describe('a kind of message', () => {
  interface Vote {
    question: string
    options: string[]
  }

  const vote = defineMessageType<Vote>({
    type: 'vote',
    preview: ({ question }) => `Vote: ${question}`,
    decode(content) {
      const { question, options } = JSON.parse(content)
      if (typeof question !== 'string' || !Array.isArray(options)) throw new Error('this is no vote')
      return { question, options: options.map(String) }
    },
  })
  const lunch = { question: 'Where to?', options: ['here', 'there'] }

  let ann: TestClient
  let ben: TestClient
  let old: TestClient
  let session: Session

  beforeAll(async () => {
    ann = await person(env, 'ann', { messageTypes: [vote] })
    ben = await person(env, 'ben', { messageTypes: [vote] })
    old = await device(env, 'ben')
    session = await ann.sessions.p2p(idOf(ben))
    session.sendText('hi')
    await Promise.all([hears(ben, 'hi'), hears(old, 'hi')])
  })

  test('is shown at once, arrives, and is read by who knows it', async () => {
    const arrived = ben.next('message', ({ type }) => type === 'vote')
    const message = session.send(vote, lunch)
    expect(message).toMatchObject({ status: 'storing', preview: 'Vote: Where to?' })
    expect(message.as(vote)).toEqual(lunch)
    const received = await arrived
    expect(received.as(vote)).toEqual(lunch)
    expect(received.content).toEqual(lunch)
    expect(received.preview).toBe('Vote: Where to?')
    await ben.conversations.until(([first]) => first?.lastMessage?.preview === 'Vote: Where to?')
  })

  test('a client that does not know it shows its name, and goes on', async () => {
    const there = await old.sessions.p2p(idOf(ann))
    await there.messages.open()
    const received = await there.messages.until((items) => items.some(({ type }) => type === 'vote'))
    const message = received.find(({ type }) => type === 'vote')
    expect(message?.preview).toBe('[vote]')
    expect(message?.rawContent).toBe(JSON.stringify(lunch))
    // Whoever knows the type can read it, whether the client was told of it or not.
    expect(message?.as(vote)).toEqual(lunch)
    session.sendText('and now?')
    await hears(old, 'and now?')
    expect(old.errors).toEqual([])
  })

  test('an edit is read anew', async () => {
    await session.messages.open()
    const message = await session.send(vote, lunch).whenStored()
    const changed = ben.next('messageChanged', ({ id }) => id === message.id)
    await message.edit(vote, { ...lunch, question: 'When?' })
    expect((await changed).as(vote)?.question).toBe('When?')
    expect(message.preview).toBe('Vote: When?')
  })

  test.each([
    ['no JSON', 'yes or no'],
    ['JSON of another shape', '{"question":1}'],
    ['null', 'null'],
  ])('%s of this type breaks nothing', async (_title, content) => {
    const anything = defineMessageType<string>({ type: 'vote', encode: (raw) => raw })
    const arrived = ben.next('message', ({ rawContent }) => rawContent === content)
    session.send(anything, content)
    const message = await arrived
    expect(message.as(vote)).toBeUndefined()
    expect(message.preview).toBe('[vote]')
    expect(message.content).toBe(content)
    await ben.conversations.until(([first]) => first?.lastMessage?.preview === '[vote]')
    expect(ben.errors).toEqual([])
  })
})

describe('what is told and not kept', () => {
  test('reaches who is connected, as a sync and as a whole, and nobody later', async () => {
    const [tess, tom] = await Promise.all([person(env, 'tess'), person(env, 'tom')])
    const session = await tess.sessions.p2p(idOf(tom))
    const asSync = tom.next('sync', ({ sync }) => sync.type === 'typing')
    const asWhole = tom.next('notification', ({ hello }) => hello === 'tom')
    const typing = { type: 'typing', inSession: session.id, userId: idOf(tess) }
    await session.notify({ syncs: [typing], hello: 'tom' })
    expect(await asSync).toEqual({ sync: typing })
    expect(await asWhole).toEqual({ syncs: [typing], hello: 'tom' })

    const later = newClient(env.url, { pushUrl: env.wsUrl })
    const told: unknown[] = []
    later.on('sync', ({ sync }) => told.push(sync.type))
    await later.login(credentialsOf('tom'))
    await later.until('live')
    expect(told).not.toContain('typing')
  })

  test('names a sync type of the app: whoever is told pulls it', async () => {
    const uma = await person(env, 'uma', { syncTypes })
    const tablet = await device(env, 'uma', { syncTypes })
    const pulls = pullsOf(tablet, '/notes')
    const own = await uma.sessions.own()
    await own.notify({ syncs: [{ type: 'note' }] })
    await tablet.next('trace', (trace) => trace.kind === 'request' && trace.request.path.endsWith('/notes'))
    expect(pulls).toHaveLength(1)
  })

  test('without a connection it is refused at once', async () => {
    const connection = breakable()
    const vic = await person(env, 'vic', { mqtt: connection.mqtt })
    const own = await vic.sessions.own()
    connection.cut()
    await vic.until('offline')
    await expect(own.notify({ hello: 'nobody' })).rejects.toMatchObject({ code: 'Unreachable' })
  })
})
