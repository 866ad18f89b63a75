import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import type {
  HistoryMessageObject,
  MemberObject,
  MessageObject,
  UserConversationObject,
} from '../../shared/wire/objects.js'
import { type Person, stampOf } from '../helpers/person.js'
import { expectRefusal } from '../helpers/refusal.js'
import { TestEnv } from '../helpers/test-env.js'

let env: TestEnv
let alice: Person
let bob: Person
let carol: Person

beforeAll(async () => {
  env = await TestEnv.start()
  ;[alice, bob, carol] = (await env.people('alice', 'bob', 'carol')) as [Person, Person, Person]
})
afterAll(() => env.close())

const contentOf = (text: string) => JSON.stringify({ text })
const RECALL = { type: 'system', content: contentOf('alice撤回了一条消息') }
const pathOf = ({ sessionId, id }: MessageObject) => `sessions/${sessionId}/messages/${id}`

async function conversation(person: Person, sessionId: string): Promise<UserConversationObject> {
  const { entries } = await person.pullConversations()
  return entries.find((entry) => entry.sessionId === sessionId) as UserConversationObject
}

async function remove(remover: Person, sessionId: string, person: Person): Promise<void> {
  const { entries } = await remover.pullMembers(sessionId)
  const member = entries.find(({ userId }) => userId === person.id) as MemberObject
  await remover.must('DELETE', `sessions/${sessionId}/members/${member.id}`)
}

describe('an edit', () => {
  test.each(['json', 'form'] as const)(
    'by its sender, as %s: new content in the old place',
    async (encoding) => {
      const { id } = await alice.group(bob)
      const first = await alice.send(id, 'one')
      const last = await alice.send(id, 'two')
      const fields = { sender: alice.id, type: 'text', content: contentOf('uno <b>') }
      const edited = await alice.must<MessageObject>('PUT', pathOf(first), { [encoding]: fields })
      expect(edited).toEqual({ ...first, content: fields.content, updatedAt: edited.updatedAt })
      expect(stampOf(edited.updatedAt)).toBeGreaterThan(stampOf(last.updatedAt))
      expect(await bob.must('GET', pathOf(first))).toEqual(edited)
      expect((await bob.pullMessages(id, stampOf(last.updatedAt))).entries).toEqual([edited])
      const history = await bob.must<HistoryMessageObject[]>('GET', `sessions/${id}/messages/history?limit=2`)
      expect(history.map(({ id, content }) => [id, content])).toEqual([
        [last.id, last.content],
        [first.id, fields.content],
      ])
      // Old clients go on below the smallest `updatedAt`.
      expect(history[1]?.updatedAt).toBe(first.createdAt)
      expect(history.map(({ changedAt }) => changedAt)).toEqual([undefined, edited.updatedAt])
    },
  )

  test('that changes nothing writes nothing', async () => {
    const { id } = await alice.group(bob)
    const sent = await alice.send(id, 'same')
    const { type, content } = sent
    expect(await alice.must('PUT', pathOf(sent), { json: { type, content } })).toEqual(sent)
  })

  test.each<[string, () => Person, object, number]>([
    ['somebody else’s words', () => bob, { type: 'text', content: '{"text":"x"}' }, 403],
    ['the master’s words in a member’s mouth', () => carol, { type: 'text', content: '{"text":"x"}' }, 403],
    ['another sender', () => alice, { sender: '1', type: 'text', content: '{}' }, 403],
    ['sender system', () => alice, { sender: 'system', type: 'system', content: '{}' }, 403],
    ['no content', () => alice, { type: 'text' }, 400],
    ['no type', () => alice, { content: '{}' }, 400],
    ['too much content', () => alice, { type: 'text', content: 'x'.repeat(65 * 1024) }, 400],
  ])('with %s is refused', async (_title, who, json, status) => {
    const { id } = await carol.group(alice, bob)
    const sent = await alice.send(id, 'mine')
    const fields = 'sender' in json && json.sender === '1' ? { ...json, sender: bob.id } : json
    expectRefusal(await who().call('PUT', pathOf(sent), { json: fields }), status)
    expect(await bob.must('GET', pathOf(sent))).toEqual(sent)
  })

  test('of what is not there', async () => {
    const { id } = await alice.group(bob)
    const other = await alice.send((await alice.p2pWith(bob)).id, 'elsewhere')
    for (const messageId of ['999999999', other.id]) {
      for (const method of ['GET', 'PUT', 'DELETE']) {
        const options = method === 'PUT' ? { json: RECALL } : {}
        expectRefusal(await alice.call(method, `sessions/${id}/messages/${messageId}`, options), 404)
      }
    }
  })
})

describe('a recall', () => {
  test('keeps the sender, holds no markup, is final, and may be repeated', async () => {
    const { id } = await alice.group(bob)
    const sent = await alice.send(id, 'oops')
    const json = { sender: alice.id, type: 'system', content: contentOf('<img src=x>recalled') }
    const recalled = await alice.must<MessageObject>('PUT', pathOf(sent), { json })
    expect(recalled).toMatchObject({
      id: sent.id,
      sender: alice.id,
      type: 'system',
      createdAt: sent.createdAt,
    })
    expect(recalled.content).not.toMatch(/[<>]/)
    expect(await alice.must('PUT', pathOf(sent), { json })).toEqual(recalled)
    const again = { type: 'text', content: contentOf('oops') }
    expectRefusal(await alice.call('PUT', pathOf(sent), { json: again }), 409)
  })

  test('W25: of the newest message changes everybody’s conversation; unread stays', async () => {
    const { id } = await alice.group(bob, carol)
    await bob.pullMessages(id)
    const sent = await alice.send(id, 'oops')
    const before = await conversation(bob, id)
    expect(before.unread).toBe(1)
    const recalled = await alice.must<MessageObject>('PUT', pathOf(sent), { json: RECALL })
    for (const person of [alice, bob, carol]) {
      const after = await conversation(person, id)
      expect(after.lastMessage).toEqual({
        sender: alice.id,
        type: 'system',
        content: RECALL.content,
        createdAt: sent.createdAt,
      })
      expect(after.updatedAt).toBe(recalled.updatedAt)
    }
    const delta = await bob.pullConversations(stampOf(before.updatedAt))
    expect(delta.entries).toMatchObject([{ id: before.id, unread: 1, name: before.name }])
  })

  test('of an older message moves the conversations too, so that who was away knows where to look', async () => {
    const { id } = await alice.group(bob, carol)
    const older = await bob.send(id, 'older')
    await alice.send(id, 'newer')
    const before = await conversation(carol, id)
    await bob.must('DELETE', pathOf(older))
    const after = await conversation(carol, id)
    expect(stampOf(after.updatedAt)).toBeGreaterThan(stampOf(before.updatedAt))
    expect({ ...after, updatedAt: '' }).toEqual({ ...before, updatedAt: '' })
  })

  test('W25: reaches the frozen conversation of whoever was removed while it was the newest', async () => {
    const { id } = await alice.group(bob, carol)
    const sent = await alice.send(id, 'secret')
    await remove(alice, id, bob)
    await alice.send(id, 'later')
    const frozen = await conversation(bob, id)
    expect(frozen.lastMessage?.content).toBe(sent.content)
    const device = await bob.connect(env.mqttUrl)
    const recalled = await alice.must<MessageObject>('PUT', pathOf(sent), { json: RECALL })
    const moved = await conversation(bob, id)
    expect(moved).toEqual({
      ...frozen,
      lastMessage: { ...frozen.lastMessage, type: 'system', content: RECALL.content },
      updatedAt: recalled.updatedAt,
    })
    const stamp = stampOf(recalled.updatedAt)
    await device.waitFor((frame) => frame.cmd === 'sendMessage' && frame.stamp >= stamp)
    await device.close()
    const history = await bob.must<MessageObject[]>('GET', `sessions/${id}/messages/history`)
    expect(JSON.stringify(history)).not.toContain('secret')
    // and of what was said afterwards he changes and reads nothing
    expectRefusal(await bob.call('PUT', pathOf(sent), { json: RECALL }), 403)
    const later = await alice.send(id, 'still later')
    expectRefusal(await bob.call('GET', pathOf(later)), 404)
    expect(await bob.must('GET', pathOf(sent))).toMatchObject({ type: 'system' })
  })

  test('is announced to the members', async () => {
    const { id } = await alice.group(bob)
    const sent = await alice.send(id, 'oops')
    const device = await bob.connect(env.mqttUrl)
    const recalled = await alice.must<MessageObject>('PUT', pathOf(sent), { json: RECALL })
    await device.nudge(`group_${id}`, stampOf(recalled.updatedAt))
    await device.close()
  })

  test('by the master of the group, in the sender’s name; the sender does not undo it', async () => {
    const { id } = await carol.group(alice, bob)
    const sent = await alice.send(id, 'rude')
    const json = { sender: alice.id, ...RECALL }
    expect(await carol.must('PUT', pathOf(sent), { json })).toMatchObject({
      sender: alice.id,
      type: 'system',
    })
    const undo = { type: 'text', content: contentOf('rude') }
    expectRefusal(await alice.call('PUT', pathOf(sent), { json: undo }), 409)
  })
})

describe('a deletion', () => {
  test('leaves a tombstone without a trace, everywhere', async () => {
    const { id } = await alice.group(bob)
    const before = await alice.send(id, 'hello')
    const sent = await alice.send(id, 'the secret')
    expect(await alice.must('DELETE', pathOf(sent))).toEqual({})
    expect(await alice.must('DELETE', pathOf(sent))).toEqual({})
    const { entries } = await bob.pullMessages(id, stampOf(before.updatedAt))
    expect(entries).toMatchObject([
      { id: sent.id, sender: alice.id, isDelete: true, createdAt: sent.createdAt },
    ])
    for (const seen of [
      await bob.pullMessages(id),
      await bob.must('GET', `sessions/${id}/messages/history`),
      await bob.must('GET', pathOf(sent)),
      await bob.pullConversations(),
    ]) {
      expect(JSON.stringify(seen)).not.toContain('the secret')
    }
    // Old clients show it, and fail on content that they cannot read.
    expect(JSON.parse((await conversation(bob, id)).lastMessage?.content ?? '')).toEqual({ text: '' })
    expectRefusal(await alice.call('PUT', pathOf(sent), { json: RECALL }), 404)
    const { db } = env.api.context
    const rows = await db.selectFrom('message').selectAll().where('id', '=', sent.id).execute()
    expect(JSON.stringify(rows)).not.toContain('the secret')
  })
})

describe('I6: a late repeat of a send', () => {
  test('answers what became of it', async () => {
    const { id } = await alice.group(bob)
    for (const change of ['edit', 'recall', 'delete'] as const) {
      const clientMessageId = `client-${change}`
      const sent = await alice.send(id, 'original', { clientMessageId })
      if (change === 'delete') await alice.must('DELETE', pathOf(sent))
      else {
        const json = change === 'recall' ? RECALL : { type: 'text', content: contentOf('edited') }
        await alice.must('PUT', pathOf(sent), { json })
      }
      const now = await alice.must<MessageObject>('GET', pathOf(sent))
      expect(await alice.send(id, 'original', { clientMessageId })).toEqual(now)
      const other = { type: 'text', content: contentOf('another'), clientMessageId }
      expectRefusal(await alice.call('POST', `sessions/${id}/messages`, { json: other }), 409)
      const edited = { type: 'text', content: contentOf('edited'), clientMessageId }
      expectRefusal(await alice.call('POST', `sessions/${id}/messages`, { json: edited }), 409)
    }
    const { entries } = await bob.pullMessages(id)
    expect(entries.filter(({ sender }) => sender === alice.id)).toHaveLength(3)
  })
})

test('the list can be filtered by sender and by type', async () => {
  const { id } = await alice.group(bob)
  await alice.send(id, '1')
  const mine = await bob.send(id, '2')
  await bob.must('PUT', pathOf(mine), { json: RECALL })
  const ids = async (term: string) =>
    (await alice.pullMessages(id, undefined, `?filter_term=${term}`)).entries.map((entry) => entry.id)
  expect(await ids(bob.id)).toEqual([mine.id])
  expect(await ids('system')).toContain(mine.id)
  expect(await ids('text')).not.toContain(mine.id)
})

test('I5: what is written into a message after a removal is not for who was removed', async () => {
  const { id } = await alice.group(bob)
  const sent = await alice.send(id, 'before')
  const { entries } = await alice.pullMembers(id)
  const member = entries.find(({ userId }) => userId === bob.id)
  await alice.must('DELETE', `sessions/${id}/members/${member?.id}`)
  await alice.must('PUT', pathOf(sent), { json: { type: 'text', content: contentOf('secret') } })

  const history = await bob.must<MessageObject[]>('GET', `sessions/${id}/messages/history`)
  const one = await bob.must<MessageObject>('GET', pathOf(sent))
  expect(JSON.stringify([history, one, await conversation(bob, id)])).not.toContain('secret')
  expect(one).toMatchObject({ type: 'system', content: '{"text":""}' })
  expect((await conversation(bob, id)).lastMessage).toMatchObject({ type: 'system', content: '{"text":""}' })
})

test('races of edits, recalls and deletions end in one of them, the same for everybody', async () => {
  const { id } = await alice.group(bob)
  const sent = await alice.send(id, 'race')
  await Promise.all(
    [...Array(12).keys()].map((n) =>
      n % 3 === 2
        ? alice.call('DELETE', pathOf(sent))
        : alice.call('PUT', pathOf(sent), {
            json: n % 3 ? RECALL : { type: 'text', content: contentOf(`race ${n}`) },
          }),
    ),
  )
  const end = await alice.must<MessageObject>('GET', pathOf(sent))
  expect(end).toMatchObject({ isDelete: true })
  expect((await conversation(bob, id)).lastMessage?.content).toBe(end.content)
})

describe('a limit in time', () => {
  test('is for senders, not for who runs the group', async () => {
    let now = Date.now()
    const limited = await TestEnv.start({ settings: { RECALL_LIMIT_S: '120' }, now: () => now })
    try {
      const [dora, erin] = (await limited.people('dora', 'erin')) as [Person, Person]
      const { id } = await dora.group(erin)
      const sent = await erin.send(id, 'early')
      const json = { type: 'text', content: contentOf('in time') }
      await erin.must('PUT', pathOf(sent), { json })
      now = Date.now() + 121_000
      expectRefusal(await erin.call('PUT', pathOf(sent), { json: RECALL }), 403)
      expectRefusal(await erin.call('DELETE', pathOf(sent)), 403)
      await dora.must('PUT', pathOf(sent), { json: RECALL })
    } finally {
      await limited.close()
    }
  })
})
