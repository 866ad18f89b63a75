import { afterAll, beforeAll, expect, test } from '@jest/globals'
import type { Person } from '../helpers/person.js'
import { TestEnv } from '../helpers/test-env.js'

let env: TestEnv
let alice: Person
let bob: Person
let sessionId: string

beforeAll(async () => {
  env = await TestEnv.start()
  ;[alice, bob] = (await env.people('alice', 'bob')) as [Person, Person]
  sessionId = (await alice.p2pWith(bob)).id
})
afterAll(() => env.close())

const times = <T>(n: number, act: (n: number) => Promise<T>) => Promise.all([...Array(n).keys()].map(act))

async function textsOf(person: Person): Promise<string[]> {
  const { entries } = await person.pullMessages(sessionId)
  return entries.filter(({ type }) => type === 'text').map(({ content }) => JSON.parse(content).text)
}

test('I6: the same clientMessageId 20 times at once is one row with one id', async () => {
  const answers = await times(20, () => alice.send(sessionId, 'only once', { clientMessageId: 'a-1' }))
  expect(new Set(answers.map((answer) => JSON.stringify(answer))).size).toBe(1)
  expect(answers[0]?.clientMessageId).toBe('a-1')
  expect((await textsOf(bob)).filter((text) => text === 'only once')).toHaveLength(1)
})

test('I6: a repeat long after answers the same', async () => {
  const first = await alice.send(sessionId, 'again', { clientMessageId: 'a-2' })
  await alice.send(sessionId, 'between')
  expect(await alice.send(sessionId, 'again', { clientMessageId: 'a-2' })).toEqual(first)
})

test('I6: the same id with other content is a clear 409, and nothing is stored', async () => {
  await alice.send(sessionId, 'original', { clientMessageId: 'a-3' })
  const json = { sender: alice.id, type: 'text', content: '{"text":"forged"}', clientMessageId: 'a-3' }
  const answer = await alice.call('POST', `sessions/${sessionId}/messages`, { json })
  expect(answer.status).toBe(409)
  expect(answer.body).toMatchObject({
    status: 409,
    code: 'Conflict',
    message: expect.stringContaining('clientMessageId'),
  })
  expect(await textsOf(bob)).not.toContain('forged')
})

test('I6: racing sends with one id and different contents store exactly one of them', async () => {
  const answers = await times(10, (n) =>
    alice.call('POST', `sessions/${sessionId}/messages`, {
      json: { sender: alice.id, type: 'text', content: `{"text":"rival ${n}"}`, clientMessageId: 'a-4' },
    }),
  )
  expect(answers.map(({ status }) => status).sort()).toEqual([200, ...Array(9).fill(409)])
  expect((await textsOf(bob)).filter((text) => text.startsWith('rival'))).toHaveLength(1)
})

test('I6: ids are their sender’s own: another member may use the same one', async () => {
  const mine = await alice.send(sessionId, 'mine', { clientMessageId: 'shared' })
  const yours = await bob.send(sessionId, 'yours', { clientMessageId: 'shared' })
  expect(yours.id).not.toBe(mine.id)
})

test('one refused message in a batch fails alone', async () => {
  const stranger = await env.person('mallory')
  const outcomes = await times(30, async (n) => {
    const sender = n % 3 === 0 ? stranger : alice
    const answer = await sender.call('POST', `sessions/${sessionId}/messages`, {
      json: { type: 'text', content: `{"text":"batch ${n}"}` },
    })
    return answer.status
  })
  expect(outcomes).toEqual([...Array(30).keys()].map((n) => (n % 3 === 0 ? 403 : 200)))
  expect((await textsOf(bob)).filter((text) => text.startsWith('batch'))).toHaveLength(20)
})
