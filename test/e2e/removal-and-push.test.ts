import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import pg from 'pg'
import { startApart } from '../helpers/apart.js'
import { createTestDatabase, type TestDatabase } from '../helpers/database.js'
import { type Device, type Person, registerPerson, stampOf } from '../helpers/person.js'
import { TestEnv } from '../helpers/test-env.js'

interface Place {
  url: string
  mqttUrl: string
  close(): Promise<void>
}

async function inOneProcess(database: TestDatabase): Promise<Place> {
  const env = await TestEnv.start({ database })
  return { url: env.url, mqttUrl: env.mqttUrl, close: () => env.close() }
}

async function inTwoProcesses(database: TestDatabase): Promise<Place> {
  const { apis, push } = await startApart(database.url)
  return { url: apis[0]?.url as string, mqttUrl: push.mqttUrl, close: async () => {} }
}

/** From now on the outbox is told to nobody: what push learns before an answer, it learns without it. */
async function silenceOutbox(database: TestDatabase): Promise<void> {
  const client = new pg.Client(database.url)
  await client.connect()
  await client.query(`
    create function hold() returns trigger language plpgsql as
      $$ begin new.leased_until := 'infinity'; return new; end $$;
    create trigger hold before insert or update on outbox for each row execute function hold()`)
  await client.end()
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
    goOnUntil: (n: number) => device.waitFor((frame) => frame.y2wMessageId === `n${n}`),
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
  { way: 'in one process', start: inOneProcess },
  { way: 'in two processes', start: inTwoProcesses },
])('I5, $way', ({ start }) => {
  let database: TestDatabase
  let place: Place
  let master: Person
  let talker: Person
  beforeAll(async () => {
    database = await createTestDatabase()
    place = await start(database)
    master = await registerPerson(place.url, 'master')
    talker = await registerPerson(place.url, 'talker')
    await silenceOutbox(database)
  })
  afterAll(async () => {
    await place.close()
    await database.drop()
  })

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
    await talk.goOnUntil(last + 10)
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
    await talk.goOnUntil(last + 10)
    await talk.stop()
    expect(listener.frames.filter((frame) => (frame.message?.n ?? 0) > last)).toEqual([])
    await Promise.all([speaker, listener].map((device) => device.close()))
  })
})
