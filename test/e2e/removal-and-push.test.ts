import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { startApart } from '../helpers/apart.js'
import { createTestDatabase } from '../helpers/database.js'
import { type Device, type Person, registerPerson, stampOf } from '../helpers/person.js'
import { TestEnv } from '../helpers/test-env.js'

interface Place {
  url: string
  mqttUrl: string
  close(): Promise<void>
}

async function inTwoProcesses(): Promise<Place> {
  const database = await createTestDatabase()
  const { apis, push } = await startApart(database.url)
  return { url: apis[0]?.url as string, mqttUrl: push.mqttUrl, close: () => database.drop() }
}

/** A member that publishes custom messages, numbered, as fast as they are acked. */
function chatter(device: Device, topic: string, mts: () => number) {
  let sent = 0
  let isOn = true
  const done = (async () => {
    while (isOn) {
      const n = ++sent
      device.publish(topic, { cmd: 'sendMessage', y2wMessageId: `n${n}`, mts: mts(), message: { n } })
      await device.waitFor((frame) => frame.y2wMessageId === `n${n}`)
    }
  })()
  return {
    get sent() {
      return sent
    },
    stop: () => {
      isOn = false
      return done
    },
  }
}

describe.each([
  { way: 'in one process', start: () => TestEnv.start() as Promise<Place> },
  { way: 'in two processes', start: inTwoProcesses },
])('I5, $way', ({ start }) => {
  let place: Place
  let master: Person
  let talker: Person
  beforeAll(async () => {
    place = await start()
    master = await registerPerson(place.url, 'master')
    talker = await registerPerson(place.url, 'talker')
  })
  afterAll(() => place.close())

  /** A busy group whose members push has long cached, and one who is about to be out of it. */
  async function busyGroup(name: string) {
    const victim = await registerPerson(place.url, name)
    const group = await master.group(talker, victim)
    const topic = `y2w/session/group_${group.id}`
    const [speaker, listener] = await Promise.all([
      talker.connect(place.mqttUrl),
      victim.connect(place.mqttUrl),
    ])
    const { entries } = await master.pullMembers(group.id)
    let mts = Math.max(...entries.map(({ createdAt }) => stampOf(createdAt)))
    const talk = chatter(speaker, topic, () => mts)
    await listener.waitFor((frame) => frame.message?.n === 10)
    const own = entries.find(({ userId }) => userId === victim.id)
    const learn = async () => {
      const now = await master.pullMembers(group.id)
      mts = Math.max(...now.entries.map(({ createdAt }) => stampOf(createdAt)))
    }
    return { group, victim, memberId: own?.id as string, speaker, listener, talk, learn }
  }

  test.each([
    { title: 'removed by the master', isLeaving: false },
    { title: 'who left', isLeaving: true },
  ])('who is $title hears nothing that is said after the answer', async ({ title, isLeaving }) => {
    const { group, victim, memberId, speaker, listener, talk, learn } = await busyGroup(
      title.replaceAll(' ', '-'),
    )
    const remover = isLeaving ? victim : master
    await remover.must('DELETE', `sessions/${group.id}/members/${memberId}`)
    const last = talk.sent
    await learn()
    // The others go on.
    const witness = await master.connect(place.mqttUrl)
    const heard = await witness.waitFor((frame) => (frame.message?.n ?? 0) > last + 5)
    await talk.stop()
    expect(heard.message.n).toBeGreaterThan(last)
    const after = listener.frames.filter((frame) => (frame.message?.n ?? 0) > last)
    expect(after).toEqual([])
    await Promise.all([speaker, listener, witness].map((device) => device.close()))
  })

  test('nobody hears anything in a group after the answer to its deletion', async () => {
    const { group, speaker, listener, talk } = await busyGroup('member-of-a-deleted-group')
    await master.must('DELETE', `sessions/${group.id}`)
    const last = talk.sent
    speaker.publish(`y2w/session/group_${group.id}`, {
      cmd: 'sendMessage',
      y2wMessageId: 'late',
      mts: 1,
      message: { n: Number.MAX_SAFE_INTEGER },
    })
    await speaker.waitFor((frame) => frame.y2wMessageId === 'late')
    await talk.stop()
    expect(listener.frames.filter((frame) => (frame.message?.n ?? 0) > last)).toEqual([])
    await Promise.all([speaker, listener].map((device) => device.close()))
  })
})
