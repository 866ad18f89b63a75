import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import type { MemberObject, SessionObject } from '../../shared/wire/objects.js'
import { administratorOf } from '../helpers/admin.js'
import type { Person } from '../helpers/person.js'
import { between, hookQueries } from '../helpers/query-hook.js'
import { Reader } from '../helpers/reader.js'
import { expectRefusal } from '../helpers/refusal.js'
import { TestEnv } from '../helpers/test-env.js'

/** What others do between two queries of one request. */

let env: TestEnv
let admin: Person
let alice: Person
let bob: Person
let carol: Person
let group: SessionObject
let path: string
let people = 0

beforeAll(async () => {
  env = await TestEnv.start()
  admin = await administratorOf(env.url)
})
afterAll(() => env.close())

/** A group of alice, bob and carol; each test has people of its own. */
async function found(): Promise<void> {
  people += 1
  const names = ['alice', 'bob', 'carol'].map((name) => `${name}${people}`)
  ;[alice, bob, carol] = (await env.people(...names)) as [Person, Person, Person]
  group = await alice.group(bob, carol)
  path = `sessions/${group.id}/members`
}

const memberOf = async (reader: Person, person: { id: string }) =>
  (await reader.pullMembers(group.id)).entries.find(({ userId }) => userId === person.id) as MemberObject
const asksFor = (table: string) => (text: string) => text.includes(`"${table}"`)
const ofMember = asksFor('session_member')

/** He is let in, then removed, and then things happen that are none of his business. */
async function removeBobAndGoOn(): Promise<void> {
  await alice.must('DELETE', `${path}/${(await memberOf(alice, bob)).id}`)
  await carol.must('PUT', `users/${carol.id}`, { json: { name: 'secret' } })
  await alice.must('PUT', `${path}/${(await memberOf(alice, carol)).id}`, { json: { role: 'admin' } })
}

describe('I1, I5: removed after he was let in, and before the page is read', () => {
  test('he is given the list of members as it was at his removal', async () => {
    await found()
    const reader = new Reader(bob, path, 100)
    const pulled = () => reader.pull()
    expect(await between(env, ofMember, removeBobAndGoOn, pulled)).toBe(3)
    expect(Object.fromEntries(reader.rows)).toEqual(Object.fromEntries(await reader.fresh()))
    expect(JSON.stringify([...reader.rows.values()])).not.toContain('secret')
  })

  test('and a member likewise', async () => {
    await found()
    const { id } = await memberOf(alice, carol)
    const get = () => bob.must<MemberObject>('GET', `${path}/${id}`)
    expect(await between(env, ofMember, removeBobAndGoOn, get)).toMatchObject({
      name: `carol${people}`,
      role: 'user',
    })
  })

  // A filter goes the long way; without one a single statement sees it all.
  test.each(['?filter_term=text', '/history'])('he is not given messages%s of later', async (list) => {
    await found()
    const goOn = async () => {
      await removeBobAndGoOn()
      await alice.send(group.id, 'a secret of later')
    }
    const get = () => bob.call('GET', `sessions/${group.id}/messages${list}`)
    const answer = await between(env, ofMember, goOn, get)
    expect(answer.status).toBe(list === '/history' ? 200 : 403)
    expect(JSON.stringify(answer.body)).not.toContain('secret')
  })
})

test.each(['messages', 'messages/history', 'members'])(
  'of a stranger’s session no %s are read',
  async (list) => {
    await found()
    const eve = await env.person(`eve${people}`)
    const read: string[] = []
    const end = hookQueries(env, (text) => read.push(text))
    try {
      expectRefusal(await eve.call('GET', `sessions/${group.id}/${list}`), 403)
    } finally {
      end()
    }
    expect(read.filter((text) => /"(message|session_head)"|app_user_past/.test(text))).toEqual([])
  },
)

test('no pair is made with a user who was deleted meanwhile', async () => {
  await found()
  const isOfBob = (text: string) => asksFor('app_user')(text) && text.includes(`"${bob.id}"`)
  const remove = () => admin.must('DELETE', `users/${bob.id}`)
  const get = () => alice.call('GET', `sessions/p2p/${alice.id}/${bob.id}`)
  expectRefusal(await between(env, isOfBob, remove, get), 404)
  const { entries } = await alice.pullConversations()
  expect(entries.filter(({ type }) => type === 'p2p')).toEqual([])
})
