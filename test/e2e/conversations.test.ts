import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import fc from 'fast-check'
import type { MessageObject, UserConversationObject } from '../../shared/wire/objects.js'
import { type Person, stampOf } from '../helpers/person.js'
import { Reader } from '../helpers/reader.js'
import { expectRefusal } from '../helpers/refusal.js'
import { TestEnv } from '../helpers/test-env.js'

const FUTURE = Date.UTC(3000, 0, 1)

let env: TestEnv
let alice: Person
let bob: Person
let carol: Person

beforeAll(async () => {
  env = await TestEnv.start()
  ;[alice, bob, carol] = (await env.people('alice', 'bob', 'carol')) as [Person, Person, Person]
})
afterAll(() => env.close())

async function conversation(person: Person, sessionId: string): Promise<UserConversationObject> {
  const { entries } = await person.pullConversations()
  const found = entries.filter((entry) => entry.sessionId === sessionId)
  expect(found).toHaveLength(1)
  return found[0] as UserConversationObject
}

const unreadOf = async (person: Person, sessionId: string) => (await conversation(person, sessionId)).unread
const textOf = (content: string | undefined) => JSON.parse(content ?? '{}').text

function sendAsSystem(person: Person, sessionId: string, text: string): Promise<MessageObject> {
  const json = { sender: 'system', type: 'system', content: JSON.stringify({ text }) }
  return person.must('POST', `sessions/${sessionId}/messages`, { json })
}

async function remove(remover: Person, sessionId: string, person: Person): Promise<void> {
  const { entries } = await remover.pullMembers(sessionId)
  const member = entries.find(({ userId }) => userId === person.id)
  await remover.must('DELETE', `sessions/${sessionId}/members/${member?.id}`)
}

describe('what a conversation shows', () => {
  test('p2p: the other user; every field as the wire has it', async () => {
    const { id } = await alice.p2pWith(bob)
    const { db } = env.api.context
    await db.updateTable('app_user').set({ avatar_url: 'attachments/1/x' }).where('id', '=', bob.id).execute()
    const sent = await alice.send(id, 'hello')
    const { id: conversationId, createdAt, ...mine } = await conversation(alice, id)
    expect(conversationId).toMatch(/^\d+$/)
    expect(stampOf(createdAt)).toBeLessThan(stampOf(sent.createdAt))
    expect(mine).toEqual({
      targetId: bob.id,
      sessionId: id,
      name: 'bob',
      type: 'p2p',
      top: false,
      visiable: true,
      unread: 0,
      lastMessage: { sender: alice.id, type: 'text', content: sent.content, createdAt: sent.createdAt },
      avatarUrl: 'attachments/1/x',
      isDelete: false,
      updatedAt: sent.updatedAt,
    })
    expect(await conversation(bob, id)).toMatchObject({ targetId: alice.id, name: 'alice', avatarUrl: '' })
  })

  test('group: the session', async () => {
    const { id } = await alice.group(bob)
    expect(await conversation(bob, id)).toMatchObject({
      targetId: id,
      type: 'group',
      name: 'alice,bob',
      lastMessage: { sender: 'system', type: 'system', content: '{"text":"bob加入群聊"}' },
    })
  })

  test('the last message is everybody’s, and moves everybody’s stamp', async () => {
    const { id } = await alice.group(bob, carol)
    const sent = await bob.send(id, 'to all')
    for (const person of [alice, bob, carol]) {
      expect(await conversation(person, id)).toMatchObject({
        lastMessage: { content: sent.content },
        updatedAt: sent.updatedAt,
      })
    }
  })

  test('the list of somebody else is nobody’s business', async () => {
    expectRefusal(await bob.call('GET', `users/${alice.id}/userConversations`), 403)
  })
})

describe('unread', () => {
  test('counts what others send; sending counts as reading', async () => {
    const { id } = await alice.group(bob, carol)
    for (const person of [alice, bob, carol]) await person.pullMessages(id)
    await alice.send(id, '1')
    await alice.send(id, '2')
    await bob.send(id, '3')
    expect([await unreadOf(alice, id), await unreadOf(bob, id), await unreadOf(carol, id)]).toEqual([1, 0, 3])
  })

  test('system messages count for everybody, also for who posts them', async () => {
    const { id } = await alice.group(bob)
    for (const person of [alice, bob]) await person.pullMessages(id)
    await sendAsSystem(alice, id, 'alice renamed the group')
    expect([await unreadOf(alice, id), await unreadOf(bob, id)]).toEqual([1, 1])
  })

  test('a new p2p session has its system message unread on both sides', async () => {
    const [dora, erin] = (await env.people('dora', 'erin')) as [Person, Person]
    const { id } = await dora.p2pWith(erin)
    expect([await unreadOf(dora, id), await unreadOf(erin, id)]).toEqual([1, 1])
  })

  test.each<[string, (id: string) => Promise<unknown>, number]>([
    ['GET messages', (id) => bob.pullMessages(id), 0],
    ['GET messages with a cursor', (id) => bob.pullMessages(id, Date.now() - 1000), 0],
    ['GET messages, all the pages', (id) => bob.pullMessages(id, undefined, '?limit=1000'), 0],
    [
      'history from the future',
      (id) => bob.must('GET', `sessions/${id}/messages/history`, { cursor: FUTURE }),
      0,
    ],
    ['history without a cursor', (id) => bob.must('GET', `sessions/${id}/messages/history`), 0],
    ['history of long ago', (id) => bob.must('GET', `sessions/${id}/messages/history`, { cursor: 1 }), 3],
    ['the conversation list', () => bob.pullConversations(), 3],
    ['the members', (id) => bob.pullMembers(id), 3],
    ['a filtered look', (id) => bob.pullMessages(id, undefined, '?filter_term=image'), 3],
    ['carol’s reading', (id) => carol.pullMessages(id), 3],
  ])('after %s', async (_title, read, unread) => {
    const { id } = await alice.group(bob, carol)
    await bob.pullMessages(id)
    for (const text of ['1', '2', '3']) await alice.send(id, text)
    expect(await unreadOf(bob, id)).toBe(3)
    await read(id)
    expect(await unreadOf(bob, id)).toBe(unread)
  })

  test('a page reads what it gives', async () => {
    const { id } = await alice.group(bob)
    const { entries } = await bob.pullMessages(id)
    for (const text of ['1', '2', '3']) await alice.send(id, text)
    await bob.pullMessages(id, stampOf(entries.at(-1)?.updatedAt as string), '?limit=1')
    expect(await unreadOf(bob, id)).toBe(2)
    // Reading what is old does not unread what is new.
    await bob.pullMessages(id, undefined, '?limit=1')
    expect(await unreadOf(bob, id)).toBe(2)
  })

  test('reading moves one’s own conversation, once, and nobody else’s', async () => {
    const { id } = await alice.group(bob)
    const sent = await alice.send(id, 'read me')
    const before = await conversation(bob, id)
    expect(before.updatedAt).toBe(sent.updatedAt)
    await bob.pullMessages(id)
    const after = await conversation(bob, id)
    expect(stampOf(after.updatedAt)).toBeGreaterThan(stampOf(before.updatedAt))
    expect(after).toEqual({ ...before, unread: 0, updatedAt: after.updatedAt })
    const delta = await bob.pullConversations(stampOf(before.updatedAt))
    expect(delta).toEqual({ total_count: 1, entries: [after] })
    await bob.pullMessages(id)
    await bob.must('GET', `sessions/${id}/messages/history`, { cursor: FUTURE })
    expect(await conversation(bob, id)).toEqual(after)
    expect((await conversation(alice, id)).updatedAt).toBe(sent.updatedAt)
  })

  test('20 reads at once are one', async () => {
    const { id } = await alice.group(bob)
    await alice.send(id, 'read me')
    await Promise.all([...Array(20).keys()].map(() => bob.pullMessages(id)))
    const after = await conversation(bob, id)
    expect(after.unread).toBe(0)
    await bob.pullMessages(id)
    expect(await conversation(bob, id)).toEqual(after)
  })
})

describe('unread=keep', () => {
  const LISTS = ['messages', 'messages/history']

  test.each(LISTS)('%s: the same answer, and nothing is read until it is asked for without', async (list) => {
    const { id } = await alice.group(bob)
    await bob.pullMessages(id)
    for (const text of ['1', '2', '3']) await alice.send(id, text)
    const before = await conversation(bob, id)
    expect(before.unread).toBe(3)
    const ask = (query: string, cursor?: number) =>
      bob.must('GET', `sessions/${id}/${list}${query}`, { cursor })

    const kept = await ask('?unread=keep')
    await ask('?unread=keep&limit=2&offset=1', 0)
    await ask('?unread=keep&limit=1000', FUTURE)
    // Not even its stamp has moved.
    expect(await conversation(bob, id)).toEqual(before)

    expect(await ask('')).toEqual(kept)
    expect(await unreadOf(bob, id)).toBe(0)
  })

  test.each(LISTS)('%s: any other word is refused, and nothing is read', async (list) => {
    const { id } = await alice.group(bob)
    await bob.pullMessages(id)
    await alice.send(id, '1')
    for (const unread of ['', 'KEEP', 'keep%20', 'read', 'true', '0', 'null', '%00', 'keep&unread=keep']) {
      const answer = await bob.call('GET', `sessions/${id}/${list}?unread=${unread}`)
      expectRefusal(answer, 400)
      expect(answer.body).toMatchObject({ code: 'InvalidParameter', message: 'unread: must be keep' })
    }
    expect(await unreadOf(bob, id)).toBe(1)
  })

  test('opens nothing to a stranger, and to a removed member what was before the removal', async () => {
    const { id } = await alice.group(bob)
    for (const list of LISTS)
      expectRefusal(await carol.call('GET', `sessions/${id}/${list}?unread=keep`), 403)
    await alice.send(id, 'before')
    await remove(alice, id, bob)
    await alice.send(id, 'after')
    expectRefusal(await bob.call('GET', `sessions/${id}/messages?unread=keep`), 403)
    const path = `sessions/${id}/messages/history?unread=keep`
    const texts = (await bob.must<MessageObject[]>('GET', path)).map(({ content }) => textOf(content))
    expect(texts).toContain('before')
    expect(texts).not.toContain('after')
  })
})

describe('coming and going', () => {
  test('a new member’s list shows the group from the joining on, with that message unread', async () => {
    const { id } = await alice.group(bob)
    for (const text of ['1', '2', '3']) await alice.send(id, text)
    expect((await carol.pullConversations()).entries.map(({ sessionId }) => sessionId)).not.toContain(id)
    const added = await alice.add(id, carol)
    expect(await conversation(carol, id)).toMatchObject({
      unread: 1,
      lastMessage: { content: '{"text":"carol加入群聊"}' },
      updatedAt: added.updatedAt,
    })
  })

  test('a group without members is in no list', async () => {
    const { id } = await alice.must<{ id: string }>('POST', 'sessions', { json: { type: 'group' } })
    expect((await alice.pullConversations()).entries.map(({ sessionId }) => sessionId)).not.toContain(id)
  })

  test('a removed member’s conversation changes once more, then is frozen', async () => {
    const { id } = await alice.group(bob)
    await alice.send(id, 'before')
    const before = await conversation(bob, id)
    await remove(alice, id, bob)
    const frozen = await conversation(bob, id)
    expect(stampOf(frozen.updatedAt)).toBeGreaterThan(stampOf(before.updatedAt))
    expect(frozen).toMatchObject({ id: before.id, unread: before.unread, isDelete: false })
    expect(textOf(frozen.lastMessage?.content)).toBe('before')

    await alice.send(id, 'after')
    // which renames the group, too
    await alice.add(id, carol)
    await sendAsSystem(alice, id, 'still nothing')
    await bob.call('GET', `sessions/${id}/messages`)
    await bob.must('GET', `sessions/${id}/messages/history`, { cursor: FUTURE })
    expect(await conversation(bob, id)).toEqual(frozen)
    expect(await bob.pullConversations(stampOf(frozen.updatedAt))).toEqual({ total_count: 0, entries: [] })

    const back = await alice.add(id, bob)
    expect(await conversation(bob, id)).toMatchObject({
      id: before.id,
      unread: 1,
      updatedAt: back.updatedAt,
      name: 'alice,bob,carol',
    })
    await alice.send(id, 'welcome back')
    expect(await unreadOf(bob, id)).toBe(2)
  })
})

/**
 * The oracle of I1: what a client holds after its deltas is what it would be given anew, field by field, and
 * nothing was given twice, after every step of any sequence.
 */
describe('I1: old state and delta are a fresh fetch', () => {
  type Who = 0 | 1 | 2
  type Step =
    | { do: 'send' | 'sendAsSystem' | 'read' | 'readHistory'; who: Who; where: number }
    | { do: 'p2p'; who: Who; whom: Who }
    | { do: 'comeOrGo'; whom: Who; byHimself: boolean }

  const who = fc.constantFrom<Who>(0, 1, 2)
  const step: fc.Arbitrary<Step> = fc.oneof(
    fc.record({
      do: fc.constantFrom('send', 'sendAsSystem', 'read', 'readHistory'),
      who,
      where: fc.nat({ max: 5 }),
    }),
    fc.record({ do: fc.constant('p2p'), who, whom: who }),
    fc.record({ do: fc.constant('comeOrGo'), whom: who, byHimself: fc.boolean() }),
  )

  test('for conversations, members and messages of three people', async () => {
    let run = 0
    await fc.assert(
      fc.asyncProperty(
        fc.array(step, { minLength: 8, maxLength: 16 }),
        fc.integer({ min: 1, max: 3 }),
        async (steps, limit) => {
          run += 1
          const people = await env.people(`alice${run}`, `bob${run}`, `carol${run}`)
          const group = await (people[0] as Person).group(...people.slice(1))
          const sessionIds = [group.id]
          const lists = people.flatMap((person) => [
            new Reader(person, `users/${person.id}/userConversations`, limit),
            new Reader(person, `sessions/${group.id}/members`, limit),
          ])
          for (const each of steps) {
            await perform(each, people, sessionIds)
            for (const list of lists) await expectExact(list)
          }
          for (const person of people) {
            for (const id of sessionIds)
              await expectExact(new Reader(person, `sessions/${id}/messages`, limit))
          }
          // Reading the messages has changed the conversations.
          for (const list of lists) await expectExact(list)
        },
      ),
      // The oracle takes such steps, too, and many others.
      { numRuns: 4 },
    )
  }, 120_000)

  /** Does one step, or is refused: what must hold holds in either case. */
  async function perform(step: Step, people: Person[], sessionIds: string[]): Promise<void> {
    const [groupId] = sessionIds as [string]
    if (step.do === 'comeOrGo') {
      const one = people[step.whom] as Person
      const others = people.filter((person) => person !== one)
      return comeOrGo(groupId, one, step.byHimself ? [one, ...others] : [...others, one])
    }
    const person = people[step.who] as Person
    if ('where' in step) {
      const id = sessionIds[step.where % sessionIds.length] as string
      const isSystem = step.do === 'sendAsSystem'
      const json = {
        type: isSystem ? 'system' : 'text',
        content: '{"text":"x"}',
        ...(isSystem && { sender: 'system' }),
      }
      if (step.do === 'read') await person.call('GET', `sessions/${id}/messages?limit=2`)
      else if (step.do === 'readHistory') await person.call('GET', `sessions/${id}/messages/history`)
      else await person.call('POST', `sessions/${id}/messages`, { json })
      return
    }
    const { id } = await person.p2pWith(people[step.whom] as Person)
    if (!sessionIds.includes(id)) sessionIds.push(id)
  }

  /** Adds `one` to the group or removes him, by the first of `actors` who may. */
  async function comeOrGo(groupId: string, one: Person, actors: Person[]): Promise<void> {
    const { entries } = await one.pullMembers(groupId)
    const member = entries.find(({ userId }) => userId === one.id)
    for (const actor of actors) {
      const { status } = member?.isDelete
        ? await actor.call('POST', `sessions/${groupId}/members`, { json: { userId: one.id } })
        : await actor.call('DELETE', `sessions/${groupId}/members/${member?.id}`)
      if (status === 200) return
    }
  }

  async function expectExact(reader: Reader): Promise<void> {
    const { status } = await reader.person.call('GET', `${reader.path}?limit=1&offset=10000`)
    // Not a member now: nothing to compare.
    if (status === 403) return
    while ((await reader.pull()) > 0);
    const [held, fresh] = [Object.fromEntries(reader.rows), Object.fromEntries(await reader.fresh())]
    expect(reader.repeated).toEqual([])
    const own = Object.values(fresh).find((row) => 'userId' in row && row.userId === reader.person.id)
    // Whoever was removed is told of himself only, and keeps of the others what he knew.
    if (own && 'isDelete' in own && own.isDelete) expect(held).toEqual({ ...held, ...fresh })
    else expect(held).toEqual(fresh)
  }
})
