import type { MemberObject, MessageObject, UserObject } from '../../../shared/wire/objects.js'
import { type Person, stampOf } from '../../../test/helpers/person.js'
import { type Client, type Message, NudgeError, type Session } from '../../src/index.js'

interface Row {
  id: string
  updatedAt: string
}

/** What the server gives one user who starts from nothing. */
export interface Truth {
  me: UserObject
  lists: Record<'conversations' | 'contacts' | 'favourites' | 'sessions', Map<string, Row>>
  /** By session; of those the user was put out of, as they may be read. */
  messages: Map<string, MessageObject[]>
  members: Map<string, Map<string, Row>>
  /** Sessions the user is no longer in. */
  over: Set<string>
}

export async function fetchTruth(person: Person): Promise<Truth> {
  const own = `users/${person.id}`
  const lists = {
    conversations: await fetchAll(person, `${own}/userConversations`),
    contacts: await fetchAll(person, `${own}/contacts`),
    favourites: await fetchAll(person, `${own}/userSessions`),
    sessions: await fetchAll(person, 'sessions'),
  }
  const truth: Truth = {
    me: await person.must('GET', own),
    lists,
    messages: new Map(),
    members: new Map(),
    over: new Set(),
  }
  for (const [id, row] of lists.sessions) {
    const isOver = (row as { isDelete?: boolean }).isDelete === true
    if (isOver) truth.over.add(id)
    truth.members.set(id, await fetchAll(person, `sessions/${id}/members`))
    truth.messages.set(id, isOver ? await fetchHistory(person, id) : await fetchMessages(person, id))
  }
  return truth
}

async function fetchAll(person: Person, path: string): Promise<Map<string, Row>> {
  const rows = new Map<string, Row>()
  for (let cursor = 0; ; ) {
    const { entries, total_count } = await person.must<{ entries: Row[]; total_count: number }>(
      'GET',
      `${path}?limit=1000&unread=keep`.replace(/&unread=keep$/, path.endsWith('messages') ? '$&' : ''),
      { cursor },
    )
    for (const entry of entries) {
      rows.set(entry.id, entry)
      cursor = Math.max(cursor, stampOf(entry.updatedAt))
    }
    if (entries.length >= total_count) return rows
  }
}

async function fetchMessages(person: Person, sessionId: string): Promise<MessageObject[]> {
  const rows = await fetchAll(person, `sessions/${sessionId}/messages`)
  return ([...rows.values()] as MessageObject[]).sort(byPlace)
}

async function fetchHistory(person: Person, sessionId: string): Promise<MessageObject[]> {
  const all: MessageObject[] = []
  for (let cursor = Date.parse('9999-12-31'); ; ) {
    const path = `sessions/${sessionId}/messages/history?limit=100&unread=keep`
    const page = await person.must<MessageObject[]>('GET', path, { cursor })
    if (page.length === 0) return all.sort(byPlace)
    all.push(...page)
    cursor = Math.min(...page.map(({ createdAt }) => stampOf(createdAt)))
  }
}

function byPlace(a: MessageObject, b: MessageObject): number {
  return stampOf(a.createdAt) - stampOf(b.createdAt) || Number(a.id) - Number(b.id)
}

/** What a client holds that differs from the truth, lists first. */
export function differences(client: Client, truth: Truth): string[] {
  const problems: string[] = []
  const { conversations, contacts, favourites, sessions } = client
  for (const [name, list] of Object.entries({ conversations, contacts, favourites, sessions })) {
    const held = new Map([...list.all].map(({ id, row }) => [id, row as Row]))
    problems.push(...differencesOf(name, held, truth.lists[name as keyof Truth['lists']]))
  }
  if (!isEqual(client.me?.row, truth.me)) problems.push(`me: ${show(client.me?.row)} is ${show(truth.me)}`)
  for (const session of client.sessions.all) {
    const fresh = truth.members.get(session.id)
    if (!session.members.isLoaded || !fresh) continue
    const held = new Map([...session.members.all].map(({ id, row }) => [id, row as MemberObject]))
    problems.push(...differencesOf(`members of ${session.id}`, held, fresh))
  }
  return problems
}

function differencesOf(name: string, held: Map<string, Row>, fresh: Map<string, Row>): string[] {
  const problems: string[] = []
  for (const [id, row] of fresh) {
    if (!isEqual(held.get(id), row)) problems.push(`${name}: ${show(held.get(id))} is ${show(row)}`)
  }
  for (const [id, row] of held) if (!fresh.has(id)) problems.push(`${name}: ${show(row)} is not there`)
  return problems
}

/**
 * Reads a session to its beginning and compares. `keepsAll` false: the client is offline and its storage keeps the
 * newest ones only.
 */
export async function messageDifferences(session: Session, truth: Truth, keepsAll = true): Promise<string[]> {
  await session.messages.open()
  for (let rounds = 0; session.messages.hasMore && rounds < 10_000; rounds += 1) {
    try {
      await session.messages.loadOlder(70)
    } catch (error) {
      // Offline: what the storage has is all there is.
      if (error instanceof NudgeError && error.code === 'Unreachable') break
      throw error
    }
  }
  const isOver = truth.over.has(session.id)
  const shown = session.messages.items.filter(({ status }) => status === 'stored')
  let fresh = (truth.messages.get(session.id) ?? []).filter(({ isDelete }) => !isDelete)
  const problems: string[] = []
  const place = `messages of ${session.id}${isOver ? ' (over)' : ''}`
  if (!keepsAll) fresh = fresh.slice(fresh.length - shown.length)
  const [ids, freshIds] = [shown.map(({ id }) => id), fresh.map(({ id }) => id)]
  // Who is out may not have learnt of messages that were deleted later.
  const comparable = isOver ? ids.filter((id) => freshIds.includes(id as string)) : ids
  if (!isEqual(comparable, freshIds)) {
    const missing = fresh.filter(({ id }) => !ids.includes(id)).map(show)
    const extra = shown.filter(({ id }) => !freshIds.includes(id as string)).map(wordsOf)
    problems.push(`${place}: ${ids.length} of ${freshIds.length}, lacks ${missing}, has ${extra} too many`)
  }
  const byId = new Map(fresh.map((row) => [row.id, row]))
  for (const message of shown) {
    const row = byId.get(message.id as string)
    const difference = row && differenceOf(message, row, isOver)
    if (difference) problems.push(`${place}: ${difference}`)
  }
  return problems
}

function differenceOf(message: Message, row: MessageObject, isOver: boolean): string | undefined {
  const held = {
    id: message.id,
    sessionId: message.sessionId,
    sender: message.senderId,
    clientMessageId: message.clientMessageId,
    createdAt: message.createdAt,
    // What was changed after the reader was put out, he may hold as it was.
    ...(!isOver && { type: message.type, content: message.rawContent }),
  }
  const { id, sessionId, sender, clientMessageId, type, content } = row
  const createdAt = stampOf(row.createdAt)
  const wanted = { id, sessionId, sender, clientMessageId, createdAt, ...(!isOver && { type, content }) }
  if (!isEqual(held, wanted)) return `${show(held)} is ${show(wanted)}`
  // History says when a message was created instead.
  const stamps = [stampOf(row.updatedAt), createdAt]
  return stamps.includes(message.updatedAt) || isOver
    ? undefined
    : `${wordsOf(message)} changed at ${message.updatedAt}, not at ${stamps}`
}

const wordsOf = (message: Message) => `${message.id} ${message.rawContent}`
const show = (value: unknown) => JSON.stringify(value)

function isEqual(a: unknown, b: unknown): boolean {
  return show(sorted(a)) === show(sorted(b))
}

/** Keys in one order. */
function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted)
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(
    Object.entries(value)
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([name, part]) => [name, sorted(part)]),
  )
}
