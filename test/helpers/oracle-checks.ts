import { expect } from '@jest/globals'
import type { Api } from '../../api/server.js'
import type { ContactObject } from '../../shared/wire/contacts.js'
import type { UserSessionObject } from '../../shared/wire/favourites.js'
import type {
  MemberObject,
  MessageObject,
  UserConversationObject,
  UserObject,
} from '../../shared/wire/objects.js'
import type { SessionEntryObject } from '../../shared/wire/sessions.js'
import { sessionsOf, type World } from './oracle-world.js'
import { type Person, stampOf } from './person.js'

/** All members of each session as its application reads them; undefined: the session is deleted. */
export type Memberships = Map<string, MemberObject[] | undefined>

/** How things stand after a step. */
export interface Now {
  world: World
  memberships: Memberships
  /** A whole list as a person is given it; of those who may not act, as the application is. */
  read<T>(person: Person, path: string): Promise<T[]>
}

export async function readMemberships(world: World): Promise<Memberships> {
  const read = async (id: string) => {
    const path = `sessions/${id}/members?limit=1000`
    const { status, body } = await world.administrator.call('GET', path)
    return [id, status === 404 ? undefined : (body.entries as MemberObject[])] as const
  }
  return new Map(await Promise.all(sessionsOf(world).map(read)))
}

/** The mts that push goes by is what clients compute; a group that anybody is in has one master. */
export async function expectSound(api: Api, world: World, memberships: Memberships): Promise<void> {
  for (const [id, members] of memberships) {
    const membership = await api.memberships.find(id)
    if (!members) {
      expect(membership?.isDeleted).toBe(true)
      continue
    }
    const live = members.filter(({ isDelete, status }) => !isDelete && status === 'active')
    const people = live.filter(({ role }) => role !== 'email')
    expect(membership?.mts).toBe(Math.max(...members.map(({ createdAt }) => stampOf(createdAt))))
    const present = people.filter(({ userId }) => !world.deleted.has(userId))
    expect(membership?.memberIds).toEqual(new Set(present.map(({ userId }) => userId)))
    if (!world.groups.includes(id)) continue
    expect(people.filter(({ role }) => role === 'master')).toHaveLength(people.length > 0 ? 1 : 0)
  }
}

/**
 * Whom everybody sees, worked out from contacts and member lists instead: oneself, contacts, and the members one
 * may read of. Whoever was seen stays. The profiles are those that `GET users/:id` gives.
 */
export class Sight {
  #seen = new Map<Person, Set<string>>()
  #before = new Map<Person, Map<string, UserObject>>()

  /** `isOneStep`: nothing can have changed and changed back since the last time. */
  async expectExact({ world, memberships, read }: Now, viewer: Person, isOneStep: boolean): Promise<void> {
    this.look(world, memberships)
    for (const person of world.people) {
      const contacts = await read<ContactObject>(person, `users/${person.id}/contacts`)
      for (const { userId } of contacts) this.#seen.get(person)?.add(userId)
      const entries = await read<UserObject>(person, `users/${person.id}/seen`)
      const fresh = new Map(entries.map((entry) => [entry.id, entry]))
      expect([person.login.name, new Set(fresh.keys())]).toEqual([person.login.name, this.#seen.get(person)])
      if (isOneStep) await expectReason(world, fresh, this.#before.get(person))
      this.#before.set(person, fresh)
      if (person === viewer && !world.out.has(person)) await expectSameProfiles(person, entries)
    }
  }

  /** After every step: later ones may hide who was seen. */
  look(world: World, memberships: Memberships): void {
    for (const person of world.people) {
      const seen = this.#seen.get(person) ?? new Set([person.id])
      this.#seen.set(person, seen)
      for (const id of membersSeenBy(person, memberships)) seen.add(id)
    }
  }
}

function membersSeenBy(person: Person, memberships: Memberships): string[] {
  const ids: string[] = []
  for (const members of memberships.values()) {
    const own = members?.find(({ userId }) => userId === person.id)
    if (!members || !own) continue
    for (const { userId, role, createdAt } of members) {
      const isReadable = !own.isDelete || stampOf(createdAt) <= stampOf(own.createdAt)
      if (role !== 'email' && isReadable) ids.push(userId)
    }
  }
  return ids
}

/** An entry comes again because something in it is different, or because its user changed what is not shown here. */
async function expectReason(
  { administrator }: World,
  fresh: Map<string, UserObject>,
  before: Map<string, UserObject> | undefined,
): Promise<void> {
  for (const [id, entry] of fresh) {
    const old = before?.get(id)
    if (!old || old.updatedAt === entry.updatedAt) {
      if (old) expect(entry).toEqual(old)
      continue
    }
    if (JSON.stringify({ ...old, updatedAt: '' }) !== JSON.stringify({ ...entry, updatedAt: '' })) continue
    const user = await administrator.must<UserObject>('GET', `users/${id}`)
    expect([id, entry.updatedAt]).toEqual([id, user.updatedAt])
  }
}

async function expectSameProfiles(viewer: Person, entries: UserObject[]): Promise<void> {
  for (const entry of entries) {
    const user = await viewer.must<UserObject>('GET', `users/${entry.id}`)
    expect({ ...entry, updatedAt: user.updatedAt }).toEqual(user)
    expect(stampOf(entry.updatedAt)).toBeGreaterThanOrEqual(stampOf(user.updatedAt))
  }
}

/** What somebody who was removed from a session can read of it. */
interface Remains {
  members: MemberObject[]
  history: MessageObject[]
  session: SessionEntryObject | undefined
  conversation: UserConversationObject | undefined
  favourite: UserSessionObject | undefined
}

/** Nobody reads a session after removal: what he can read of it is what he could read when he was removed, or less. */
export class Removals {
  #remains = new Map<string, Remains>()

  async expectFrozen(now: Now): Promise<void> {
    const { world, memberships } = now
    for (const [sessionId, members] of memberships) {
      for (const person of world.people) {
        const own = members?.find(({ userId }) => userId === person.id)
        if (!own?.isDelete || world.out.has(person)) continue
        const key = `${own.id} ${own.createdAt}`
        const remains = await readRemains(now, person, sessionId)
        const before = this.#remains.get(key)
        if (before) expectNoMore(before, remains)
        else this.#remains.set(key, remains)
      }
    }
  }
}

async function readRemains({ read }: Now, person: Person, sessionId: string): Promise<Remains> {
  const [members, history, sessions, conversations, favourites] = await Promise.all([
    read<MemberObject>(person, `sessions/${sessionId}/members`),
    person.must<MessageObject[]>('GET', `sessions/${sessionId}/messages/history?limit=1000`),
    read<SessionEntryObject>(person, 'sessions'),
    read<UserConversationObject>(person, `users/${person.id}/userConversations`),
    read<UserSessionObject>(person, `users/${person.id}/userSessions`),
  ])
  return {
    members,
    history,
    session: sessions.find(({ id }) => id === sessionId),
    conversation: conversations.find((each) => each.sessionId === sessionId),
    favourite: favourites.find((each) => each.sessionId === sessionId),
  }
}

function expectNoMore(before: Remains, now: Remains): void {
  expect(now.members).toEqual(before.members)
  expect(now.history.map(({ id }) => id)).toEqual(before.history.map(({ id }) => id))
  for (const [n, message] of now.history.entries()) {
    // A recall shows; words that were put into it since do not.
    if (message.type !== 'system') expect(message).toEqual(before.history[n])
  }
  expect(now.session).toEqual(before.session)
  const { conversation, favourite } = now
  if (conversation && before.conversation) {
    const { name, avatarUrl, lastMessage } = before.conversation
    expect(conversation).toMatchObject({ name, avatarUrl })
    if (conversation.lastMessage?.type !== 'system') expect(conversation.lastMessage).toEqual(lastMessage)
  }
  // He may call it what he likes; else it is called what it was called.
  if (favourite && before.favourite && !/^(my|favourite) /.test(favourite.name)) {
    expect([before.favourite.name, before.conversation?.name, before.session?.name]).toContain(favourite.name)
  }
}
