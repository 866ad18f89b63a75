import { setTimeout as sleep } from 'node:timers/promises'
import type pg from 'pg'
import { type Person, stampOf } from './person.js'
import { callJson, type Entry, messagesPath, type SyncingDevice } from './syncing-device.js'

/** How long (ms) devices may take until they have everything, on a busy machine. */
const LIMIT_MS = 40_000

/**
 * Waits until every device holds exactly what somebody is given who starts from nothing: its conversations, and the
 * messages of each session that its owner is in. Nobody may write meanwhile. Looks without disturbing: the devices
 * are told nothing and asked nothing, and messages are compared with the database first, as fetching them marks them
 * as read, which is announced. Returns how long it took (ms).
 */
export async function untilComplete(
  db: pg.Client,
  devices: SyncingDevice[],
  limitMs = LIMIT_MS,
): Promise<number> {
  const began = performance.now()
  await holds('messages', () => findMissingMessages(db, devices), limitMs)
  await holds('conversations', () => findOtherConversations(devices), limitMs)
  const tookMs = performance.now() - began
  await expectFreshMessages(devices)
  await holds('conversations', () => findOtherConversations(devices), limitMs)
  for (const device of devices) {
    if (device.problems.length > 0) throw new Error(`${nameOf(device)}: ${device.problems.join('; ')}`)
    for (const [path, { repeated }] of device.lists) {
      if (repeated.length > 0) throw new Error(`${nameOf(device)}: ${path} gave twice ${repeated.join(', ')}`)
    }
  }
  return tookMs
}

async function holds(what: string, problem: () => Promise<string | undefined>, limitMs: number) {
  const until = performance.now() + limitMs
  for (;;) {
    const missing = await problem()
    if (missing === undefined) return
    if (performance.now() > until) throw new Error(`${what} are not complete after ${limitMs} ms: ${missing}`)
    await sleep(50)
  }
}

async function findMissingMessages(db: pg.Client, devices: SyncingDevice[]): Promise<string | undefined> {
  const ownerIds = [...ownersOf(devices).keys()]
  const { rows: stored } = await db.query<{ session_id: string; id: string; v: string }>(
    `select session_id, id, v from message where session_id in
       (select session_id from conversation where user_id = any($1::bigint[]) and left_count is null)`,
    [ownerIds],
  )
  const { rows: seats } = await db.query<{ user_id: string; session_id: string }>(
    'select user_id, session_id from conversation where user_id = any($1::bigint[]) and left_count is null',
    [ownerIds],
  )
  const bySession = groupBy(stored, (row) => row.session_id)
  const byUser = groupBy(seats, (seat) => seat.user_id)
  for (const device of devices) {
    for (const { session_id: sessionId } of byUser.get(device.owner.id) ?? []) {
      const own = device.lists.get(messagesPath(sessionId))?.rows
      const wanted = bySession.get(sessionId) ?? []
      const missing = wanted.filter((row) => {
        const entry = own?.get(row.id)
        return entry === undefined || stampOf(entry.updatedAt) !== Number(row.v)
      })
      if (missing.length > 0) {
        const facts = `connected: ${device.isConnected}, ${device.connects} times, idle: ${device.isIdle}`
        const failures = device.failedPulls.slice(-2).join('; ')
        return `${nameOf(device)} lacks ${missing.length} of ${wanted.length} of session ${sessionId} (${facts}; ${failures})`
      }
    }
  }
  return undefined
}

async function findOtherConversations(devices: SyncingDevice[]): Promise<string | undefined> {
  for (const [, own] of ownersOf(devices)) {
    const [first] = own as [SyncingDevice]
    const fresh = await fetchAll(first.owner, first.conversationsPath)
    for (const device of own) {
      const difference = differenceOf(device, device.conversationsPath, fresh)
      if (difference) return difference
    }
  }
  return undefined
}

async function expectFreshMessages(devices: SyncingDevice[]): Promise<void> {
  for (const [, own] of ownersOf(devices)) {
    const [first] = own as [SyncingDevice]
    for (const path of first.lists.keys()) {
      if (path === first.conversationsPath) continue
      const fresh = await fetchAll(first.owner, path).catch(() => undefined)
      if (!fresh) continue
      for (const device of own) {
        const difference = differenceOf(device, path, fresh)
        if (difference) throw new Error(difference)
      }
    }
  }
}

function differenceOf(device: SyncingDevice, path: string, fresh: Map<string, Entry>): string | undefined {
  const held = device.lists.get(path)?.rows ?? new Map<string, Entry>()
  for (const [id, entry] of fresh) {
    const [own, wanted] = [JSON.stringify(held.get(id)), JSON.stringify(entry)]
    if (own !== wanted) return `${nameOf(device)}: ${path} holds ${own}, fresh is ${wanted}`
  }
  return held.size > fresh.size
    ? `${nameOf(device)}: ${path} holds ${held.size - fresh.size} too many`
    : undefined
}

async function fetchAll({ baseUrl, token }: Person, path: string): Promise<Map<string, Entry>> {
  const rows = new Map<string, Entry>()
  for (let cursor = 0; ; ) {
    const { status, body } = await callJson('GET', `${baseUrl}/v1/${path}?limit=1000`, { token, cursor })
    if (status !== 200) throw new Error(`GET ${path}: ${status}`)
    for (const entry of body.entries as Entry[]) {
      rows.set(entry.id, entry)
      cursor = Math.max(cursor, stampOf(entry.updatedAt))
    }
    if (body.entries.length >= body.total_count) return rows
  }
}

function ownersOf(devices: SyncingDevice[]): Map<string, SyncingDevice[]> {
  return groupBy(devices, ({ owner }) => owner.id)
}

function groupBy<T>(items: T[], keyOf: (item: T) => string): Map<string, T[]> {
  const groups = new Map<string, T[]>()
  for (const item of items) {
    const group = groups.get(keyOf(item))
    if (group) group.push(item)
    else groups.set(keyOf(item), [item])
  }
  return groups
}

function nameOf(device: SyncingDevice): string {
  return `a device of user ${device.owner.id}`
}
