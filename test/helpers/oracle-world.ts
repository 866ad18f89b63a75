import { setTimeout as sleep } from 'node:timers/promises'
import type { ListObject, LoginObject, MemberObject } from '../../shared/wire/objects.js'
import type { Answer, RequestOptions } from './http.js'
import { request } from './http.js'
import { keyMailedTo } from './mail-folder.js'
import { Person } from './person.js'

/** What a run of the oracle has: people, and what they have made so far. */
export interface World {
  people: Person[]
  administrator: Person
  /** Those who may not act at present. */
  out: Set<Person>
  /** Ids of users that do not come back; pairs keep them as members. */
  deleted: Set<string>
  passwords: Map<Person, string>
  groups: string[]
  pairs: string[]
  messages: { sessionId: string; id: string }[]
  dataDir: string
}

/** Numbers that a step takes its choices from. */
export interface Choices {
  who: number
  whom: number
  where: number
  which: number
}

interface Doing extends Choices {
  world: World
  person: Person
  other: Person
}

type Step = (doing: Doing) => Promise<unknown>

const MAX_PEOPLE = 6

const at = <T>(items: T[], n: number): T => items[n % items.length] as T
export const sessionsOf = ({ groups, pairs }: World) => [...groups, ...pairs]
const sessionAt = (world: World, n: number) => at(sessionsOf(world), n)
const groupAt = (world: World, n: number) => at(world.groups, n)
const content = (n: number) => JSON.stringify({ text: `text ${n}` })
const guestOf = (world: World, where: number, which: number) =>
  `guest${which % 2}-${groupAt(world, where)}@example.com`

/** Does it, or is refused; what must hold holds in either case. Only a server that fails is wrong. */
async function ask(
  person: Person,
  method: string,
  path: string,
  json?: object,
  options: RequestOptions = {},
  // biome-ignore lint/suspicious/noExplicitAny: steps read the answers they expect
): Promise<Answer<any>> {
  const answer = await person.call(method, path, { ...(json && { json }), ...options })
  if (answer.status >= 500)
    throw new Error(`${method} ${path}: ${answer.status} ${JSON.stringify(answer.body)}`)
  return answer
}

/** Every kind of write that there is. A new subject joins in with its own. */
export const STEPS: Record<string, Step> = {
  send: async ({ world, person, where, which }) => {
    const sessionId = sessionAt(world, where)
    const json = {
      type: 'text',
      content: content(which),
      // Some are repeats: of the same message, or of another one, which is refused.
      ...(which % 3 === 0 && { clientMessageId: `${person.id} ${which}` }),
    }
    const { status, body } = await ask(person, 'POST', `sessions/${sessionId}/messages`, json)
    if (status === 200) world.messages.push({ sessionId, id: body.id })
  },
  sendAsSystem: ({ world, person, where, which }) =>
    ask(person, 'POST', `sessions/${sessionAt(world, where)}/messages`, {
      sender: 'system',
      type: 'system',
      content: content(which),
    }),
  edit: (doing) => onMessage(doing, 'PUT', { type: 'text', content: content(doing.which) }),
  recall: (doing) => onMessage(doing, 'PUT', { type: 'system', content: '{"text":"recalled"}' }),
  recallNewest: (doing) =>
    onMessage({ ...doing, which: doing.world.messages.length - 1 }, 'PUT', {
      type: 'system',
      content: '{"text":"recalled"}',
    }),
  deleteMessage: (doing) => onMessage(doing, 'DELETE'),
  read: ({ world, person, where }) =>
    ask(person, 'GET', `sessions/${sessionAt(world, where)}/messages?limit=2`),
  readHistory: ({ world, person, where }) =>
    ask(person, 'GET', `sessions/${sessionAt(world, where)}/messages/history`),

  p2p: ({ world, person, other }) => pair(world, person, `p2p/${person.id}/${other.id}`),
  p2pWithSelf: ({ world, person }) => pair(world, person, `p2p/${person.id}/${person.id}`),
  single: ({ world, person }) => pair(world, person, `single/${person.id}`),
  found: async ({ world, person }) => {
    if (world.groups.length >= 3) return
    const { status, body } = await ask(person, 'POST', 'sessions', { type: 'group' })
    if (status !== 200) return
    world.groups.push(body.id)
    await ask(person, 'POST', `sessions/${body.id}/members`, { userId: person.id, role: 'master' })
  },
  add: ({ world, person, other, where, which }) =>
    ask(person, 'POST', `sessions/${groupAt(world, where)}/members`, {
      userId: other.id,
      ...(which % 3 === 0 && { role: 'admin' }),
    }),
  addBack: (doing) => STEPS.add?.(doing) as Promise<unknown>,
  remove: (doing) => onMember(doing, doing.other.id, 'DELETE'),
  leave: (doing) => onMember(doing, doing.person.id, 'DELETE'),
  giveRole: (doing) =>
    onMember(doing, doing.other.id, 'PUT', { role: at(['admin', 'user', 'master'], doing.which) }),
  applicationAdds: ({ world, other, where }) =>
    ask(world.administrator, 'POST', `sessions/${groupAt(world, where)}/members`, { userId: other.id }),
  applicationRemoves: (doing) =>
    onMember({ ...doing, person: doing.world.administrator }, doing.other.id, 'DELETE'),
  invite: ({ world, person, where, which }) =>
    ask(person, 'POST', `sessions/${groupAt(world, where)}/members/invite`, {
      email: guestOf(world, where, which),
    }),
  inviteKnown: ({ world, person, other, where }) =>
    ask(person, 'POST', `sessions/${groupAt(world, where)}/members/invite`, { email: other.login.email }),
  withdraw: (doing) => onMember(doing, guestOf(doing.world, doing.where, doing.which), 'DELETE'),
  acceptInvite: async ({ world, person, where, which }) => {
    if (world.people.length >= MAX_PEOPLE) return
    const email = guestOf(world, where, which)
    const path = `sessions/${groupAt(world, where)}/members/invite`
    const { status, body } = await ask(person, 'POST', path, { email })
    if (status !== 200 || body.role !== 'email') return
    const password = 'a password'
    const key = await keyMailedTo(world.dataDir, email)
    const json = { email, password, name: `guest ${which}`, key }
    const registered = await request('POST', `${person.baseUrl}/v1/users/register`, { json })
    if (registered.status !== 200) return
    const guest = new Person(person.baseUrl, { ...registered.body })
    world.passwords.set(guest, password)
    await logIn(world, guest)
    world.people.push(guest)
  },
  rename: ({ world, person, where, which }) =>
    ask(person, 'PUT', `sessions/${groupAt(world, where)}`, undefined, {
      form: { name: `group ${which}`, avatarUrl: which % 2 ? ' ' : 'attachments/1/x', nameChanged: 'true' },
    }),
  nameAfterMembers: ({ world, person, where }) =>
    ask(person, 'PUT', `sessions/${groupAt(world, where)}`, { nameChanged: false }),
  describe: ({ world, person, where, which }) =>
    ask(person, 'PUT', `sessions/${groupAt(world, where)}`, { description: `about ${which}` }),
  deleteGroup: async ({ world, person, where, which }) => {
    if (which % 4 === 0) await ask(person, 'DELETE', `sessions/${groupAt(world, where)}`)
  },

  renameSelf: ({ person, which }) =>
    ask(person, 'PUT', `users/${person.id}`, {
      email: person.login.email,
      name: `${person.login.name} the ${which}th`,
      avatarUrl: which % 2 ? ' ' : 'attachments/1/x',
    }),
  changeProfile: ({ person, which }) =>
    ask(person, 'PUT', `users/${person.id}`, {
      jobTitle: `job ${which}`,
      phone: `${which}`,
      address: 'here',
    }),
  changeAccount: async ({ person, which }) => {
    const email = `account${which % 3}-${person.id}@example.com`
    const { status } = await ask(person, 'PUT', `users/${person.id}`, { email })
    if (status === 200) person.login.email = email
  },
  setPassword: async ({ world, person, which }) => {
    const password = `password ${which}`
    const { status } = await ask(person, 'POST', 'users/setPassword', {
      oldPassword: which % 4 ? world.passwords.get(person) : 'a wrong one',
      password,
    })
    if (status === 200) world.passwords.set(person, password)
  },
  applicationChangesUser: ({ world, other, which }) =>
    ask(world.administrator, 'PUT', `users/${other.id}`, {
      role: at(['user', 'admin', 'customer'], which),
      ...(which % 2 && { name: `${other.login.name} of ${which}` }),
    }),
  deactivate: async ({ world, other, which }) => {
    if (which % 2) return
    const { status } = await ask(world.administrator, 'PUT', `users/${other.id}`, { status: 'inactive' })
    if (status === 200) world.out.add(other)
  },
  activate: async ({ world }) => {
    for (const person of world.out) {
      const { status } = await ask(world.administrator, 'PUT', `users/${person.id}`, { status: 'active' })
      if (status !== 200) continue
      await logIn(world, person)
      world.out.delete(person)
    }
  },
  deleteUser: async ({ world, other, which }) => {
    if (which % 6) return
    const { status } = await ask(world.administrator, 'DELETE', `users/${other.id}`)
    if (status !== 200) return
    world.out.add(other)
    world.deleted.add(other.id)
    while (await isInGroups(world, other)) await sleep(10)
  },

  befriend: ({ person, other }) =>
    ask(person, 'POST', `users/${person.id}/contacts`, { userId: other.id, name: other.login.name }),
  title: ({ person, which }) =>
    onOwn(person, 'contacts', which, 'PUT', { title: at(['', 'boss', 'friend'], which), remark: `${which}` }),
  unfriend: ({ person, which }) => onOwn(person, 'contacts', which, 'DELETE'),
  favour: ({ world, person, where, which }) =>
    ask(person, 'POST', `users/${person.id}/userSessions`, {
      sessionId: groupAt(world, where),
      name: `favourite ${which}`,
      avatarUrl: ' ',
    }),
  nameFavourite: ({ person, which }) => onOwn(person, 'userSessions', which, 'PUT', { name: `my ${which}` }),
  unfavour: ({ person, which }) => onOwn(person, 'userSessions', which, 'DELETE'),
  pin: ({ person, which }) => onOwn(person, 'userConversations', which, 'PUT', { top: which % 2 === 0 }),
  nameConversation: ({ person, which }) =>
    onOwn(person, 'userConversations', which, 'PUT', { name: at(['', 'pal', 'mate'], which) }),
  remind: ({ person, which }) =>
    onOwn(person, 'userConversations', which, 'PUT', { unread: which, remark: 'remember' }, '/unread'),
  deleteConversation: ({ person, which }) => onOwn(person, 'userConversations', which, 'DELETE'),
  openGroup: ({ world, person, where, which }) =>
    ask(person, 'POST', `users/${person.id}/userConversations`, {
      type: 'group',
      targetId: groupAt(world, where),
      ...(which % 2 && { top: true }),
    }),
  openPair: async ({ world, person, other }) => {
    const { status, body } = await ask(person, 'POST', `users/${person.id}/userConversations`, {
      type: person.id === other.id ? 'single' : 'p2p',
      targetId: other.id,
    })
    if (status === 200) knowPair(world, body.sessionId)
  },

  addEmoji: ({ world, which }) =>
    ask(world.administrator, 'POST', 'emojis', {
      package: 'p',
      type: 'emoji',
      name: `e${which}`,
      url: `/Emoji/${which}.png`,
      width: 8,
      height: 8,
    }),
  removeEmoji: async ({ world, which }) => {
    const { body } = await ask(world.administrator, 'GET', 'emojis')
    if (body.entries.length === 0) return
    await ask(world.administrator, 'DELETE', `emojis/${at<{ id: string }>(body.entries, which).id}`)
  },
}

/** A deleted user leaves the groups after the answer. */
async function isInGroups(world: World, { id }: Person): Promise<boolean> {
  for (const groupId of world.groups) {
    const { body } = await world.administrator.call('GET', `sessions/${groupId}/members?limit=1000`)
    const members: MemberObject[] = body.entries ?? []
    if (members.some(({ userId, isDelete }) => userId === id && !isDelete)) return true
  }
  return false
}

/** What of two steps at the same time could not be told afterwards, or would disturb the other's tokens. */
const ALONE = ['deleteGroup', 'found', 'acceptInvite', 'setPassword', 'deactivate', 'activate', 'deleteUser']

export const isAlone = (name: string) => ALONE.includes(name)

export function take(world: World, name: string, choices: Choices): Promise<unknown> {
  const [person, other] = [at(world.people, choices.who), at(world.people, choices.whom)]
  const step = STEPS[name]
  if (!step) throw new Error(`there is no step ${name}`)
  return step({ ...choices, world, person, other })
}

/** Under the same person, with a new token. */
async function logIn(world: World, person: Person): Promise<void> {
  const json = { email: person.login.email, password: world.passwords.get(person) }
  const { status, body } = await request<LoginObject>('POST', `${person.baseUrl}/v1/users/login`, { json })
  if (status !== 200) throw new Error(`login ${json.email}: ${JSON.stringify(body)}`)
  Object.assign(person.login, body)
}

async function pair(world: World, person: Person, path: string): Promise<void> {
  const { status, body } = await ask(person, 'GET', `sessions/${path}`)
  if (status === 200) knowPair(world, body.id)
}

function knowPair(world: World, sessionId: string): void {
  if (!world.pairs.includes(sessionId)) world.pairs.push(sessionId)
}

/** Does something to one of a person's own entries: sends it back as it is, but for `change`. */
async function onOwn(
  person: Person,
  list: string,
  which: number,
  method: string,
  change?: object,
  below = '',
): Promise<void> {
  const path = `users/${person.id}/${list}`
  const { status, body } = await ask(person, 'GET', path)
  if (status !== 200 || body.entries.length === 0) return
  const entry = at<{ id: string }>(body.entries, which)
  await ask(person, method, `${path}/${entry.id}${below}`, change && { ...entry, ...change })
}

async function onMessage({ world, person, which }: Doing, method: string, json?: object): Promise<void> {
  if (world.messages.length === 0) return
  const { sessionId, id } = at(world.messages, which)
  await ask(person, method, `sessions/${sessionId}/messages/${id}`, json)
}

async function onMember({ world, person, where }: Doing, userId: string, method: string, json?: object) {
  const path = `sessions/${groupAt(world, where)}/members`
  const { body } = await ask(person, 'GET', path)
  const members = (body as ListObject<MemberObject>).entries ?? []
  const member = members.find((entry) => entry.userId === userId)
  if (member) await ask(person, method, `${path}/${member.id}`, json)
}
