import { afterAll, beforeAll, expect, test } from '@jest/globals'
import type { MessageListObject } from '../../shared/wire/objects.js'
import type { Person } from '../helpers/person.js'
import { TestEnv } from '../helpers/test-env.js'

/** I1, I5: pulls that come together share a statement, and everybody is given what is his and nothing else. */

const READERS = 24
const SESSIONS = 5

let env: TestEnv
let writer: Person
let readers: Person[]

beforeAll(async () => {
  env = await TestEnv.start()
  writer = await env.person('writer')
  readers = []
  // Passwords take their time: not all at once.
  while (readers.length < READERS) {
    const names = Array.from({ length: 8 }, (_, n) => `reader${readers.length + n}`)
    readers.push(...(await env.people(...names)))
  }
})
afterAll(() => env.close())

const texts = ({ entries }: MessageListObject) => entries.map(({ content }) => JSON.parse(content).text)

test('each has his own cursor, his own limit, and his own right', async () => {
  const stranger = readers[0] as Person
  const removed = readers[1] as Person
  const members = readers.slice(1)
  const group = await writer.group(...members)
  const stamps = [Date.parse(group.updatedAt)]
  // More than what is shared, so that some go the long way among the others.
  for (let n = 1; n <= 30; n += 1) {
    stamps.push(Date.parse((await writer.send(group.id, `${n}`)).updatedAt))
  }
  const { entries } = await writer.pullMembers(group.id)
  const own = entries.find(({ userId }) => userId === removed.id)
  await writer.must('DELETE', `sessions/${group.id}/members/${own?.id}`)

  await Promise.all(
    readers.map(async (reader, n) => {
      const known = (n * 5) % 31
      const limit = 1 + ((n * 7) % 40)
      const query = { cursor: stamps[known] as number }
      const answer = await reader.call<MessageListObject>(
        'GET',
        `sessions/${group.id}/messages?limit=${limit}`,
        query,
      )
      if (reader === stranger || reader === removed) {
        expect(answer).toMatchObject({ status: 403, body: { code: 'NotAllowed' } })
        return
      }
      const all = Array.from({ length: 30 - known }, (_, i) => `${known + i + 1}`)
      const given = texts(answer.body).filter((text) => /^\d+$/.test(text))
      expect(given).toEqual(all.slice(0, Math.min(limit, given.length)))
      expect(given.length).toBeGreaterThanOrEqual(Math.min(limit, all.length) - 1)
      expect(answer.body.total_count).toBeGreaterThanOrEqual(all.length)
    }),
  )
})

test('while others write, nobody misses or repeats a message, and order is kept', async () => {
  const sessions = await Promise.all(
    Array.from({ length: SESSIONS }, (_, n) => writer.group(...readers.filter((_, i) => i % SESSIONS === n))),
  )
  const SENDS = 40
  let isWriting = true
  const written = Promise.all(
    sessions.map(async ({ id }) => {
      for (let n = 0; n < SENDS; n += 1) await writer.send(id, `${id}/${n}`)
    }),
  ).finally(() => {
    isWriting = false
  })
  const held = await Promise.all(
    readers.map(async (reader, i) => {
      const { id } = sessions[i % SESSIONS] as { id: string }
      const got: string[] = []
      let cursor = 0
      for (let isLast = false; !isLast; ) {
        isLast = !isWriting
        const page = await reader.pullMessages(id, cursor)
        for (const { updatedAt } of page.entries) cursor = Math.max(cursor, Date.parse(updatedAt))
        got.push(...texts(page).filter((text) => text.startsWith(`${id}/`)))
      }
      return { id, got }
    }),
  )
  await written
  for (const { id, got } of held) expect(got).toEqual(Array.from({ length: SENDS }, (_, n) => `${id}/${n}`))
  // Whoever has pulled to the end has read everything.
  const { entries } = await (readers[0] as Person).pullConversations()
  expect(entries.find(({ sessionId }) => sessionId === sessions[0]?.id)?.unread).toBe(0)
})
