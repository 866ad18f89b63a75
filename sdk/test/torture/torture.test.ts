import { afterAll, beforeAll, expect, test } from '@jest/globals'
import pg from 'pg'
import { freePort } from '../../../shared/server/free-port.js'
import { type Apart, startApart } from '../../../test/helpers/apart.js'
import { createTestDatabase, type TestDatabase } from '../../../test/helpers/database.js'
import type { Person } from '../../../test/helpers/person.js'
import { FlakyNetwork } from '../helpers/flaky.js'
import { clientKeyOf, newClient, Torture, type TortureDevice } from '../helpers/torture.js'
import { Random } from '../helpers/torture-random.js'
import { differences, fetchTruth, messageDifferences, type Truth } from '../helpers/torture-truth.js'

/**
 * Three users with two devices each, whose networks flap, whose tabs are killed, and whose servers are killed with -9,
 * send, edit, recall, delete, read, rename, and put each other out of groups. In the end every device holds what the
 * server has, field by field, and so does its storage.
 *
 * `TORTURE_SEED=<seed>` takes the same choices again; timing differs, so try a few times. `TORTURE_SENDS=5000` for
 * longer.
 */

const SENDS = Number(process.env.TORTURE_SENDS ?? 400)
const SEED = Number(process.env.TORTURE_SEED ?? Date.now() % 1_000_000)
const LIMIT_MS = 240_000 + SENDS * 200

let database: TestDatabase
let db: pg.Client
let apart: Apart
let torture: Torture

beforeAll(async () => {
  database = await createTestDatabase()
  db = new pg.Client(database.url)
  await db.connect()
  apart = await startApart(database.url, 1, { WS_PORT: String(await freePort()) })
}, LIMIT_MS)
afterAll(async () => {
  await torture?.close()
  await apart?.apis[0]?.kill()
  await apart?.push.kill()
  await db.end()
  await database.drop()
}, 60_000)

test(
  `everybody ends with the server's truth, whatever happens (TORTURE_SEED=${SEED})`,
  async () => {
    const random = new Random(SEED)
    const server = { url: apart.apis[0]?.url as string, pushUrl: `${apart.push.wsUrl}/mqtt` }
    torture = new Torture(random, apart, server)
    await torture.prepare()
    await torture.rage(SENDS)
    await torture.calm()
    const { devices } = torture

    const problems: string[] = devices.flatMap((device) => device.problems)
    problems.push(...(await torture.checkServer(db)))
    const truths = new Map<string, Truth>()
    for (const [user, person] of torture.people) truths.set(user, await fetchTruth(person as Person))
    // Before anything is opened below, which pulls.
    for (const device of devices) problems.push(...heardWrongly(device, truths.get(device.user) as Truth))

    /** What is on a disk, seen by somebody who reaches nobody. */
    const onDisk = async (device: TortureDevice, truth: Truth, keepsAll: boolean) => {
      const away = new FlakyNetwork(random.fork())
      away.isRestDown = true
      away.isPushDown = true
      await device.disk.written()
      const offline = newClient(server, away, await device.disk.copy())
      await offline.resume()
      for (const session of offline.sessions.all) {
        // Members that nobody looks at are not kept up to date.
        const isLoaded = device.client.sessions.get(session.id)?.members.isLoaded
        if (isLoaded) await session.members.load().catch(() => {})
      }
      const found = differences(offline, truth)
      for (const session of offline.sessions.all) {
        found.push(...(await messageDifferences(session, truth, keepsAll)))
      }
      await offline.close()
      return found
    }
    for (const device of devices) {
      const { client, name, user, disk } = device
      const truth = truths.get(user) as Truth
      // Before anything is opened below: of each session its end is there, as it is now.
      const kept = await onDisk(device, truth, false)
      const found = differences(client, truth)
      for (const session of client.sessions.all) found.push(...(await messageDifferences(session, truth)))
      const keptThen = await onDisk(device, truth, disk.messagesPerSession > 1000)
      problems.push(...kept.map((difference) => `${name}, disk before: ${difference}`))
      problems.push(...found.map((difference) => `${name}: ${difference}`))
      problems.push(...keptThen.map((difference) => `${name}, disk: ${difference}`))
    }
    if (problems.length > 0 || process.env.TORTURE_REPORT) report(problems)
    expect(problems).toEqual([])
  },
  LIMIT_MS,
)

/** `message` events: once a message and life; of devices that were never killed, for every message. */
function heardWrongly(device: Torture['devices'][number], truth: Truth): string[] {
  const problems: string[] = []
  for (const [life, messages] of device.heard.entries()) {
    const keys = new Set<string>()
    for (const message of messages) {
      const key = clientKeyOf(message)
      if (keys.has(key)) {
        problems.push(`${device.name} in life ${life} is told twice of ${key} ${message.preview}`)
      }
      keys.add(key)
    }
  }
  if (device.heard.length > 1) return problems
  const heard = new Set(device.heard.flat().map(clientKeyOf))
  const { group, other } = torture.place
  for (const [sessionId, rows] of truth.messages) {
    const row = truth.lists.sessions.get(sessionId) as { type?: string } | undefined
    // Groups that were made meanwhile: what was said before one came is no news.
    if (row?.type === 'group' && sessionId !== group && sessionId !== other) continue
    for (const row of rows) {
      if (!row.isDelete && !heard.has(clientKeyOf(row))) {
        problems.push(`${device.name} is not told of ${row.content}`)
      }
    }
  }
  return problems
}

function report(problems: string[]): void {
  const { devices, steps } = torture
  const facts = devices.map(
    ({ name, sent, heard, kills, errors }) =>
      `${name}: ${sent.length} sent, ${heard.length} lives, ${kills} kills, errors: ${[...new Set(errors.map(String))]}`,
  )
  process.stderr.write(
    `${['', `TORTURE_SEED=${SEED}`, JSON.stringify(steps), ...facts, ...problems.slice(0, 40)].join('\n')}\n`,
  )
}
