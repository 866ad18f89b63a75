import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals'
import { request } from '../../test/helpers/http.js'
import { TestEnv } from '../../test/helpers/test-env.js'
import { image, memoryStorage, type Session, type StorageAdapter, system, text } from '../src/index.js'
import { credentialsOf, device, hears, idOf, person, type TestClient, textsOf } from './helpers/clients.js'

let env: TestEnv
beforeAll(async () => {
  env = await TestEnv.start()
})
afterAll(() => env.close())

let count = 0
let alice: TestClient
let bob: TestClient
let session: Session

/** Two new people and their session, for the tests of a group. */
async function meet(): Promise<void> {
  count += 1
  ;[alice, bob] = await Promise.all([person(env, `alice${count}`), person(env, `bob${count}`)])
  session = await alice.sessions.p2p(idOf(bob))
}

beforeEach(() => {
  for (const client of [alice, bob]) client?.heard.splice(0)
})

const atBob = () => bob.sessions.p2p(idOf(alice))

describe('sending', () => {
  beforeAll(meet)

  test('shows at once, is stored, and reaches the other side, once each', async () => {
    await session.messages.open()
    const message = session.sendText('hello')
    expect(message).toMatchObject({
      status: 'storing',
      preview: 'hello',
      isOwn: true,
      id: undefined,
      session,
    })
    expect(session.messages.items.at(-1)).toBe(message)
    const heard = bob.next('message', ({ preview }) => preview === 'hello')
    await message.whenStored()
    expect(message).toMatchObject({ status: 'stored', id: expect.stringMatching(/^\d+$/) })
    expect(session.messages.items.at(-1)).toBe(message)
    expect(await heard).toMatchObject({ senderId: idOf(alice), isOwn: false, content: { text: 'hello' } })
    expect((await heard).session?.type).toBe('p2p')
    expect(alice.heard).toEqual(['hello'])
  })

  test('is kept before it is stored, and says so', async () => {
    const storage = memoryStorage()
    let release = () => {}
    let isHeld = false
    let onHeld = () => {}
    const held = new Promise<void>((resolve) => {
      onHeld = resolve
    })
    const adapter: StorageAdapter = {
      ...storage,
      async open(name) {
        const opened = await storage.open(name)
        const write: typeof opened.write = async (writes) => {
          if (isHeld && writes.some(([key]) => key.includes('draft'))) {
            await new Promise<void>((resolve) => {
              release = resolve
              onHeld()
            })
          }
          return opened.write(writes)
        }
        return {
          write,
          get: (key) => opened.get(key),
          list: (range) => opened.list(range),
          clear: (prefix) => opened.clear(prefix),
          close: () => opened.close(),
        }
      },
    }
    const tablet = await device(env, `alice${count}`, { storage: adapter })
    const there = await tablet.sessions.p2p(idOf(bob))
    isHeld = true
    const message = there.sendText('kept')
    let isKept = false
    const kept = message.whenKept().then(() => {
      isKept = true
    })
    await held
    expect(isKept).toBe(false)
    isHeld = false
    release()
    await kept
    await message.whenStored()
    await message.whenKept()
    await Promise.all([hears(alice, 'kept'), hears(bob, 'kept')])
  })

  test('many at once keep their order, here and there', async () => {
    const texts = Array.from({ length: 40 }, (_, n) => `text ${n}`)
    const sent = texts.map((words) => session.sendText(words))
    await Promise.all(sent.map((message) => message.whenStored()))
    await session.messages.open()
    const there = await atBob()
    await there.messages.open()
    await there.messages.until((items) => items.at(-1)?.preview === texts.at(-1))
    expect(textsOf(there.messages).slice(-texts.length)).toEqual(texts)
    expect(textsOf(session.messages).slice(-texts.length)).toEqual(texts)
    expect(bob.heard).toEqual(texts)
  })

  test('my other device hears what this one sends', async () => {
    const tablet = await device(env, `alice${count}`)
    const heard = tablet.next('message', ({ preview }) => preview === 'from the phone')
    await session.sendText('from the phone').whenStored()
    expect(await heard).toMatchObject({ isOwn: true, status: 'stored' })
    expect(tablet.heard).toEqual(['from the phone'])
  })

  test('what the server refuses is storefailed, can be sent again, and holds up nothing', async () => {
    const group = await alice.sessions.createGroup({ members: [idOf(bob)] })
    const there = await new Promise<Session>((resolve) => {
      const found = bob.sessions.get(group.id)
      if (found) resolve(found)
      else bob.on('session', (each) => each.id === group.id && resolve(each))
    })
    await group.members.load()
    const member = group.members.byUser(idOf(bob))
    if (!member) throw new Error('bob is no member')
    await group.removeMember(member)
    const refused = there.sendText('let me in')
    await expect(refused.whenStored()).rejects.toMatchObject({ code: 'NotAllowed' })
    expect(refused).toMatchObject({ status: 'storefailed', error: { code: 'NotAllowed' } })
    await expect(refused.whenStored()).rejects.toMatchObject({ code: 'NotAllowed' })
    await group.addMember(idOf(bob))
    await refused.resend()
    await refused.whenStored()
    expect(refused.status).toBe('stored')
  })

  test('a failed one can be taken back', async () => {
    const failed = session.send(text, { text: 'x'.repeat(70_000) })
    await expect(failed.whenStored()).rejects.toMatchObject({ code: 'InvalidParameter' })
    await session.messages.open()
    expect(session.messages.items).toContain(failed)
    expect(await failed.cancel()).toBe(true)
    expect(session.messages.items).not.toContain(failed)
    const next = session.sendText('short')
    await next.whenStored()
    expect(await next.cancel()).toBe(false)
  })
})

describe('files', () => {
  beforeAll(meet)

  const pixel = Buffer.from(
    'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==',
    'base64',
  )

  test('are uploaded, shown with their size, and can be read by who got the message', async () => {
    const heard = bob.next('message', ({ type }) => type === 'image')
    const message = session.sendFile(new Blob([pixel], { type: 'image/png' }), { name: 'dot.png' })
    const progress: (number | undefined)[] = []
    alice.on('messageChanged', (changed) => changed === message && progress.push(changed.progress))
    expect(message).toMatchObject({ preview: 'dot.png', type: 'image', upload: { size: pixel.length } })
    await message.whenStored()
    expect(progress).toContain(1)
    expect(message.as(image)).toMatchObject({ width: 1, height: 1 })
    const { src } = (await heard).as(image) ?? { src: '' }
    const bytes = await (await bob.files.download(src)).arrayBuffer()
    expect(Buffer.from(bytes).equals(pixel)).toBe(true)
    const url = bob.files.urlOf(src)
    expect((await fetch(url ?? '')).status).toBe(200)
    expect((await fetch(bob.files.urlOf(src, { thumbnail: true }) ?? '')).headers.get('content-type')).toBe(
      'image/webp',
    )
  })

  test.each(['file', 'audio', 'video'] as const)(
    '%s content has the fields that old clients want',
    async (kind) => {
      const message = session.sendFile(new Blob(['bytes']), { kind, name: 'a.bin', about: { second: 3 } })
      await message.whenStored()
      const wanted = {
        file: { src: expect.any(String), name: 'a.bin', size: 5, second: 3 },
        audio: { src: expect.any(String), second: 3 },
        video: {
          src: expect.any(String),
          thumbnail: expect.any(String),
          name: 'a.bin',
          width: 0,
          height: 0,
          second: 3,
        },
      }
      expect(message.content).toEqual(wanted[kind])
    },
  )

  test('avatars need no token', async () => {
    const { publicSrc } = await alice.files.upload(new Blob([pixel], { type: 'image/png' }), 'me.png')
    await alice.me?.update({ avatarUrl: publicSrc })
    await bob.conversations.until(([first]) => first?.avatarUrl === publicSrc)
    expect((await fetch(bob.files.urlOf(publicSrc) ?? '')).status).toBe(200)
  })

  test.each([
    ['', undefined],
    [' ', undefined],
    ['https://example.com/a.png', 'https://example.com/a.png'],
  ])('the address of %j', (src, url) => {
    expect(alice.files.urlOf(src)).toBe(url)
  })
})

describe('changing messages', () => {
  beforeAll(meet)

  test('edits, recalls and deletions show on the other side, in place', async () => {
    await session.messages.open()
    const [first, second, third] = ['first', 'second', 'third'].map((words) => session.sendText(words))
    await Promise.all([first?.whenStored(), second?.whenStored(), third?.whenStored()])
    const there = await atBob()
    await there.messages.open()
    await first?.edit(text, { text: 'first, edited' })
    await second?.recall('alice took it back')
    await third?.delete()
    await there.messages.until((items) => items.at(-1)?.preview === 'alice took it back')
    expect(there.messages.items.slice(-2).map(({ preview }) => preview)).toEqual([
      'first, edited',
      'alice took it back',
    ])
    expect(there.messages.items.at(-1)?.as(system)).toEqual({ text: 'alice took it back' })
    expect(session.messages.items.map(({ preview }) => preview)).toEqual(
      there.messages.items.map(({ preview }) => preview),
    )
    expect(bob.heard).toEqual(['first', 'second', 'third'])
  })

  test('only one’s own', async () => {
    await session.sendText('mine').whenStored()
    const there = await atBob()
    await there.messages.open()
    await expect(there.messages.items.at(-1)?.edit(text, { text: 'his' })).rejects.toMatchObject({
      status: 403,
    })
  })
})

test('nobody takes the place of another’s message by naming it as its sender did', async () => {
  await meet()
  const hers = session.sendText('the meeting is at nine')
  await hers.whenStored()
  const there = await atBob()
  await Promise.all([session.messages.open(), there.messages.open()])
  await there.messages.until((items) => items.some(({ id }) => id === hers.id))
  const { account: email, password } = credentialsOf(`bob${count}`)
  const login = await request('POST', `${env.url}/v1/users/login`, { json: { email, password } })
  const forged = { type: 'text', content: '{"text":"at ten"}', clientMessageId: hers.clientMessageId }
  await request('POST', `${env.url}/v1/sessions/${session.id}/messages`, {
    token: login.body.token,
    json: forged,
  })
  for (const { messages } of [session, there]) {
    await messages.until((items) => items.some((message) => message.as(text)?.text === 'at ten'))
    const keys = messages.items.map(({ key }) => key)
    expect(new Set(keys).size).toBe(keys.length)
  }
  expect(hers.key).toBe(hers.clientMessageId)
})

describe('history', () => {
  beforeAll(meet)

  test('a device that comes later reads back page by page, to the first message', async () => {
    const texts = Array.from({ length: 130 }, (_, n) => `text ${n}`)
    for (const message of texts.map((words) => session.sendText(words))) await message.whenStored()
    const later = await device(env, `bob${count}`)
    const there = await later.sessions.p2p(idOf(alice))
    await there.messages.open()
    expect(textsOf(there.messages)).toEqual(texts.slice(-there.messages.size))
    expect(there.messages.size).toBeGreaterThanOrEqual(50)
    while (there.messages.hasMore) await there.messages.loadOlder(40)
    expect(textsOf(there.messages)).toEqual(texts)
    expect(there.messages.items[0]?.type).toBe('system')
    expect(await there.messages.loadOlder()).toBe(0)
    expect(later.heard).toEqual([])
  })

  test('what was edited is known as such by who reads it back later', async () => {
    const edited = session.sendText('Thursday')
    await edited.whenStored()
    await edited.edit(text, { text: 'Friday' })
    for (const words of Array.from({ length: 60 }, (_, n) => `text ${n}`)) {
      await session.sendText(words).whenStored()
    }
    const later = await device(env, `bob${count}`)
    const there = await later.sessions.p2p(idOf(alice))
    await there.messages.open()
    const find = () => there.messages.items.find(({ id }) => id === edited.id)
    expect(find()).toBeUndefined()
    while (there.messages.hasMore) await there.messages.loadOlder()
    expect(find()?.as(text)).toEqual({ text: 'Friday' })
    expect(find()?.updatedAt).toBe(edited.updatedAt)
    expect(edited.updatedAt).toBeGreaterThan(edited.createdAt)
  })

  test('a list that was closed and opened again shows the same', async () => {
    await session.sendText('one').whenStored()
    await session.messages.open()
    const before = textsOf(session.messages)
    session.messages.close()
    expect(session.messages.items).toEqual([])
    await session.sendText('two').whenStored()
    await session.messages.open()
    expect(textsOf(session.messages)).toEqual([...before, 'two'].slice(-session.messages.size))
  })
})

describe('conversations', () => {
  beforeAll(meet)

  test('count what is unread until it is read, on all devices', async () => {
    const tablet = await device(env, `bob${count}`)
    await session.sendText('one').whenStored()
    await session.sendText('two').whenStored()
    for (const client of [bob, tablet]) await client.conversations.until(([first]) => first?.unread === 3)
    // Pulling in the background is not reading.
    await hears(bob, 'two')
    expect(bob.conversations.items[0]?.unread).toBe(3)
    await (await atBob()).markRead()
    for (const client of [bob, tablet]) await client.conversations.until(([first]) => first?.unread === 0)
    expect(alice.conversations.items[0]?.unread).toBe(0)
  })

  test('pinned ones come first, then the latest; names of one’s own; removed until the next message', async () => {
    const carol = await person(env, `carol${count}`)
    const withCarol = await alice.sessions.p2p(idOf(carol))
    await session.sendText('to bob').whenStored()
    await withCarol.sendText('to carol').whenStored()
    const names = () => alice.conversations.items.map(({ name }) => name)
    await alice.conversations.until(([first]) => first?.name === `carol${count}`)
    await session.conversation?.pin(true)
    expect(names()).toEqual([`bob${count}`, `carol${count}`])
    await session.conversation?.rename('Bobby')
    expect(names()[0]).toBe('Bobby')
    expect(session.name).toBe('Bobby')
    await session.conversation?.remove()
    expect(names()).toEqual([`carol${count}`])
    await (await atBob()).sendText('back').whenStored()
    await alice.conversations.until((items) => items.length === 2)
  })
})

test('contacts are mutual, and carry names of one’s own', async () => {
  await meet()
  const contact = await alice.contacts.add(idOf(bob))
  await bob.contacts.until((items) => items.length === 1)
  expect(bob.contacts.items[0]).toMatchObject({
    displayName: `alice${count}`,
    account: `alice${count}@example.com`,
  })
  await contact.update({ title: '阿宝', remark: 'from work' })
  expect(contact).toMatchObject({ displayName: '阿宝', name: `bob${count}`, remark: 'from work' })
  await bob.me?.update({ name: 'Robert' })
  await alice.contacts.until(([first]) => first?.name === 'Robert')
  await expect(alice.contacts.add(idOf(bob))).rejects.toMatchObject({ code: 'AlreadyExists' })
  await contact.remove()
  expect(alice.contacts.items).toEqual([])
  expect(bob.contacts.size).toBe(1)
  expect(await alice.users.search(`bob${count}@example.com`)).toMatchObject([
    { id: idOf(bob), name: 'Robert' },
  ])
  expect(await alice.users.fetch(idOf(bob))).toMatchObject({ name: 'Robert', account: '' })
})

test('favourites', async () => {
  const group = await alice.sessions.createGroup({ name: 'Team', members: [idOf(bob)] })
  const favourite = await alice.favourites.add(group.id)
  expect(await alice.favourites.add(group.id)).toBe(favourite)
  await group.update({ name: 'The team' })
  await alice.favourites.until(([first]) => first?.name === 'The team')
  await favourite.rename('My team')
  expect(alice.favourites.items.map(({ name }) => name)).toEqual(['My team'])
  await favourite.remove()
  expect(alice.favourites.items).toEqual([])
})

describe('over push alone', () => {
  beforeAll(meet)

  test('whoever is in the session and connected hears it, nothing is stored', async () => {
    const heard = bob.next('notification', (message) => 'typing' in message)
    await session.notify({ typing: true })
    expect(await heard).toEqual({ typing: true })
    await (await atBob()).notify({ typing: false })
    expect(bob.heard).toEqual([])
  })

  test('without a connection it fails at once', async () => {
    await env.push.close()
    await alice.until('offline')
    await expect(session.notify({ typing: true })).rejects.toMatchObject({ code: 'Unreachable' })
  })
})
