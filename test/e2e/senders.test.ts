import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import type { MessageObject } from '../../shared/wire/objects.js'
import type { Person } from '../helpers/person.js'
import { expectRefusal } from '../helpers/refusal.js'
import { TestEnv } from '../helpers/test-env.js'

/** In whose name a message may be sent, and what it may do to who reads it. (yun2win.md §4 W5, W20) */

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

const post = (json: unknown) => alice.call('POST', `sessions/${sessionId}/messages`, { json })

test.each<[string, () => string | undefined, string]>([
  ['oneself', () => alice.id, 'text'],
  ['nobody named, which is oneself', () => undefined, 'text'],
  ['oneself, with a type of one’s own', () => alice.id, 'whiteboard'],
  ['oneself, as a recall has it', () => alice.id, 'system'],
  ['system', () => 'system', 'system'],
])('sender %s: stored', async (_title, sender, type) => {
  const answer = await post({ sender: sender(), type, content: '{"text":"x"}' })
  const expected = { sender: sender() ?? alice.id, type, content: '{"text":"x"}', isDelete: false, sessionId }
  expect(answer).toMatchObject({ status: 200, body: expected })
  const { entries } = await bob.pullMessages(sessionId)
  expect(entries.at(-1)).toEqual(answer.body)
})

test.each<[string, () => string, string]>([
  ['another member', () => bob.id, 'text'],
  ['another member', () => bob.id, 'system'],
  ['nobody', () => '999999', 'text'],
  ['the administrator', () => '0', 'text'],
  ['system, for what is no system message', () => 'system', 'text'],
  ['system, for another case of it', () => 'system', 'System'],
])('sender %s, type %s: refused', async (_title, sender, type) => {
  const before = (await bob.pullMessages(sessionId)).total_count
  expectRefusal(await post({ sender: sender(), type, content: '{"text":"x"}' }), 403)
  expect((await bob.pullMessages(sessionId)).total_count).toBe(before)
})

describe('the text of a system message', () => {
  test.each([['system'], ['self']])('posted by %s holds no markup', async (who) => {
    const sender = who === 'system' ? 'system' : alice.id
    for (const text of ['<img src=x onerror=alert(1)>', '\u003cb\u003e']) {
      const { body } = await post({ sender, type: 'system', content: JSON.stringify({ text }) })
      expect(JSON.parse((body as MessageObject).content).text).not.toMatch(/[<>]/)
    }
  })

  test('of other types everything stays', async () => {
    const content = JSON.stringify({ text: '<b>"bold"</b>' })
    expect(await post({ type: 'text', content })).toMatchObject({ body: { content } })
  })
})

test('the same client id answers the same, though the markup was taken out', async () => {
  const json = { sender: 'system', type: 'system', content: '{"text":"<b>"}', clientMessageId: 's-1' }
  const first = await post(json)
  expect(first).toMatchObject({ status: 200, body: { content: '{"text":"b"}' } })
  expect((await post(json)).body).toEqual(first.body)
})
