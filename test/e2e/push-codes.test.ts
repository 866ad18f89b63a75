import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { createTokens } from '../../shared/server/tokens.js'
import { startApart } from '../helpers/apart.js'
import { createTestDatabase } from '../helpers/database.js'
import { type Device, type Person, registerPerson, stampOf } from '../helpers/person.js'
import { TEST_TOKEN_SECRET } from '../helpers/test-app.js'
import { TestEnv } from '../helpers/test-env.js'

/** Every code of the protocol, by the table of the authoritative variant. (yun2win.md §2.3, §2.6, §2.7) */

interface Place {
  url: string
  mqttUrl: string
  wsUrl: string
  close(): Promise<void>
}

async function inTwoProcesses(): Promise<Place> {
  const database = await createTestDatabase()
  const { apis, push } = await startApart(database.url)
  const { mqttUrl, wsUrl } = push
  return { url: apis[0]?.url as string, mqttUrl, wsUrl, close: () => database.drop() }
}

const tokens = createTokens(TEST_TOKEN_SECRET)

describe.each([
  { way: 'in one process', start: () => TestEnv.start() as Promise<Place> },
  { way: 'in two processes', start: inTwoProcesses },
])('push $way', ({ start }) => {
  let place: Place
  let alice: Person
  let bob: Person
  let carol: Person
  let mallory: Person
  /** The group of alice and bob, from which carol was removed, and its mts. */
  let group: string
  let mts: number
  let single: string

  beforeAll(async () => {
    place = await start()
    ;[alice, bob, carol, mallory] = (await Promise.all(
      ['alice', 'bob', 'carol', 'mallory'].map((name) => registerPerson(place.url, name)),
    )) as [Person, Person, Person, Person]
    const { id } = await alice.group(bob, carol)
    const member = (await alice.pullMembers(id)).entries.find(({ userId }) => userId === carol.id)
    await alice.must('DELETE', `sessions/${id}/members/${member?.id}`)
    const { entries } = await alice.pullMembers(id)
    mts = Math.max(...entries.map(({ createdAt }) => stampOf(createdAt)))
    group = `y2w/session/group_${id}`
    single = `y2w/session/single_${(await alice.must<{ id: string }>('GET', `sessions/single/${alice.id}`)).id}`
  })
  afterAll(() => place.close())

  describe.each(['mqttUrl', 'wsUrl'] as const)('over %s', (url) => {
    let sender: Device
    let own: Device
    let other: Device
    let removed: Device
    let stranger: Device
    beforeAll(async () => {
      ;[sender, own, other, removed, stranger] = (await Promise.all(
        [alice, alice, bob, carol, mallory].map((person) => person.connect(place[url])),
      )) as [Device, Device, Device, Device, Device]
    })
    afterAll(() => Promise.all([sender, own, other, removed, stranger].map((device) => device.close())))

    let frames = 0
    /** Publishes a frame, or a text, and gives its ack without the id, and the mark that its message bears. */
    async function ask(device: Device, topic: string, frame: object, asText = (json: string) => json) {
      const y2wMessageId = `${url}-${++frames}`
      const mark = `mark ${y2wMessageId}`
      const whole = {
        y2wMessageId,
        ...frame,
        ...('message' in frame && { message: { ...(frame.message as object), mark } }),
      }
      device.client.publish(topic, asText(JSON.stringify(whole)))
      const { y2wMessageId: _, ...ack } = await device.waitFor((found) => found.y2wMessageId === y2wMessageId)
      return { ack, mark }
    }

    /** Exactly these hear of it; nobody else has by the time that a later frame is through. */
    async function expectHeard(mark: string, hearers: Device[]) {
      const all = [sender, own, other, removed, stranger]
      const heard = (device: Device) => device.frames.filter(({ message }) => message?.mark === mark)
      await Promise.all(hearers.map((device) => device.waitFor(({ message }) => message?.mark === mark)))
      await Promise.all(all.map((device) => ask(device, 'y2w/session/group_0', { cmd: 'flush' })))
      for (const device of all) expect(heard(device)).toHaveLength(hearers.includes(device) ? 1 : 0)
      for (const device of hearers) expect(Object.keys(heard(device)[0]).sort()).toEqual(['cmd', 'message'])
    }

    const message = { syncs: [{ type: 0 }], anything: { at: ['all'] } }
    const send = (at: number, more: object = {}) => ({ cmd: 'sendMessage', mts: at, message, ...more })
    const update = (more: object = {}) => ({ cmd: 'updateSession', mts: 1, members: [], message, ...more })
    const delivered = { returnCode: 20 }

    test('20: a live member with the right mts is heard by the others and by the own other devices', async () => {
      const { ack, mark } = await ask(sender, group, send(mts))
      expect(ack).toEqual(delivered)
      await expectHeard(mark, [own, other])
    })

    test('27: an mts that is too old, with the right one', async () => {
      const { ack, mark } = await ask(sender, group, send(mts - 1))
      expect(ack).toEqual({ returnCode: 27, mts })
      await expectHeard(mark, [])
    })

    test('28: an mts that is too new, with the right one', async () => {
      const { ack, mark } = await ask(sender, group, send(mts + 1))
      expect(ack).toEqual({ returnCode: 28, mts })
      await expectHeard(mark, [])
    })

    test.each([
      { title: 'old mts', more: { mts: 1 } },
      { title: 'new mts', more: { mts: 4e12 } },
      { title: 'by force', more: { force: true } },
      { title: 'by force without an mts', more: { force: true, mts: null } },
    ])('updateSession, $title: 20, and a member list that is not believed', async ({ more }) => {
      const members = [{ uid: '1', isDel: true }, { uid: mallory.id }]
      const { ack, mark } = await ask(sender, group, update({ members, ...more }))
      expect(ack).toEqual(delivered)
      await expectHeard(mark, [own, other])
    })

    test('20 and dropped: who was removed, and who never was in', async () => {
      for (const device of [removed, stranger]) {
        for (const frame of [send(mts), send(1), send(4e12), update(), update({ force: true })]) {
          const { ack, mark } = await ask(device, group, frame)
          expect(ack).toEqual(delivered)
          await expectHeard(mark, [])
        }
      }
    })

    test('20 and dropped: a session that is not, and one of another type', async () => {
      for (const topic of ['y2w/session/group_999999', group.replace('group', 'p2p')]) {
        const { ack, mark } = await ask(sender, topic, send(mts))
        expect(ack).toEqual(delivered)
        await expectHeard(mark, [])
      }
    })

    test('single_: always 20, whatever the mts, and to the own other devices', async () => {
      for (const at of [946684800000, 1, 4e12]) {
        const { ack, mark } = await ask(sender, single, send(at))
        expect(ack).toEqual(delivered)
        await expectHeard(mark, [own])
      }
      const { mark } = await ask(stranger, single, send(946684800000))
      await expectHeard(mark, [])
    })

    test('y2wIMApp_: to one user, by that user', async () => {
      const topic = `y2w/session/y2wIMApp_${alice.id}`
      const { ack, mark } = await ask(sender, topic, send(1264953600000))
      expect(ack).toEqual(delivered)
      await expectHeard(mark, [own])
      expect((await ask(stranger, topic, send(1264953600000))).ack).toEqual(delivered)
    })

    test.each([
      { title: 'a command that is none', topic: () => group, frame: { cmd: 'shout' } },
      {
        title: 'an announcement by a user',
        topic: () => group,
        frame: { cmd: 'announce', stamp: 1, syncs: [] },
      },
      { title: 'a topic that is none', topic: () => 'news', frame: { cmd: 'sendMessage' } },
      { title: 'a user’s topic', topic: () => `y2w/user/${bob.id}`, frame: { cmd: 'sendMessage' } },
    ])('22: $title', async ({ topic, frame }) => {
      expect((await ask(sender, topic(), frame)).ack).toEqual({ returnCode: 22 })
    })

    test.each([
      { title: 'cut off', frame: send(1), asText: (json: string) => json.slice(0, -3) },
      { title: 'no mts', frame: { cmd: 'sendMessage', message } },
      { title: 'no message', frame: { cmd: 'sendMessage', mts: 1 } },
      { title: 'a message that is a text', frame: { cmd: 'updateSession', members: [], mts: 'now' } },
    ])('30: $title', async ({ frame, asText }) => {
      expect((await ask(sender, group, frame, asText)).ack).toEqual({ returnCode: 30 })
    })

    test('31: updateSession without members', async () => {
      expect((await ask(sender, group, { cmd: 'updateSession', mts: 1 })).ack).toEqual({ returnCode: 31 })
    })

    test.each([
      { code: 4, title: 'a user name that is no id', username: () => 'me', password: () => 'any' },
      { code: 5, title: 'another user’s token', username: () => bob.id, password: () => alice.imToken() },
      {
        code: 6,
        title: 'an expired token',
        username: () => alice.id,
        password: () => tokens.sign('im', { sub: alice.id, app: '1', login: 'l' }, -1),
      },
    ])('CONNACK $code: $title', async ({ code, username, password }) => {
      const refused = alice.connect(place[url], { username: username(), password: await password() })
      await expect(refused).rejects.toMatchObject({ code })
    })

    test('acks carry no cmd, and nobody’s notification the id of its sender', () => {
      for (const { frames } of [sender, own, other, removed, stranger]) {
        for (const frame of frames) {
          if (frame.y2wMessageId !== undefined) expect(frame).not.toHaveProperty('cmd')
          if (frame.cmd !== undefined) expect(frame).not.toHaveProperty('returnCode')
        }
      }
    })
  })
})
