import { expect } from '@jest/globals'
import type { MemberObject } from '../../shared/wire/objects.js'
import type { RequestOptions } from './http.js'
import type { Person } from './person.js'
import { expectRefusal } from './refusal.js'

/** A request that must be refused with this status. */
export type Attack = [expected: number, by: Person, method: string, path: string, options?: RequestOptions]

/** Every attack is refused, and its victim sees afterwards what she saw before, of herself and these sessions. */
export async function expectInVain(victim: Person, sessionIds: string[], attacks: Attack[]): Promise<void> {
  const before = await viewOf(victim, sessionIds)
  await expectRefusals(attacks)
  expect(await viewOf(victim, sessionIds)).toEqual(before)
}

export async function expectRefusals(attacks: Attack[]): Promise<void> {
  for (const [status, by, method, path, options] of attacks) {
    const answer = await by.call(method, path, options)
    const attack = `${by.login.name ?? 'admin'}: ${method} ${path} ${JSON.stringify(options) ?? ''}`
    expect({ attack, status: answer.status }).toEqual({ attack, status })
    expectRefusal(answer)
  }
}

/** All that somebody sees. Messages first: reading them leaves a mark. */
async function viewOf(person: Person, sessionIds: string[]): Promise<Record<string, unknown>> {
  const view: Record<string, unknown> = {}
  const paths = [
    ...sessionIds.flatMap((id) => ['/messages', '/members', ''].map((part) => `sessions/${id}${part}`)),
    'sessions',
    ...['', '/contacts', '/userConversations', '/userSessions'].map((part) => `users/${person.id}${part}`),
  ]
  for (const path of paths) view[path] = await person.must('GET', path)
  return view
}

/** A person's row in a session, live or not. */
export async function memberOf(reader: Person, sessionId: string, { id }: Person): Promise<MemberObject> {
  const { entries } = await reader.pullMembers(sessionId)
  const member = entries.find(({ userId }) => userId === id)
  if (!member) throw new Error(`user ${id} was never in session ${sessionId}`)
  return member
}

export async function removeMember(remover: Person, sessionId: string, person: Person): Promise<void> {
  const { id } = await memberOf(remover, sessionId, person)
  await remover.must('DELETE', `sessions/${sessionId}/members/${id}`)
}
