import { setTimeout as sleep } from 'node:timers/promises'
import pg from 'pg'
import { shortageOf } from './tools/descriptors.js'
import { type Load, startLoad } from './tools/load.js'
import { type Nudge, startNudge } from './tools/nudge.js'
import { createPairs, createPeople } from './tools/people.js'
import { median } from './tools/spread.js'
import { figure, percent, ratio, say, Table } from './tools/table.js'
import { watchCpu } from './tools/usage.js'
import { openWorkshop, type Workshop } from './tools/workshop.js'

const DEVICES = Number(process.env.DEVICES ?? 10_000)
const ROUNDS = Number(process.env.ROUNDS ?? 3)
/** Generators, so that none has too many sockets; connections to the API of each. */
const [GENERATORS, PULLS] = [2, 100]
/** How long the server may take to see that everybody has gone. */
const LEAVE_MS = 2000

type StormLoad = Load<typeof import('./loads/storm.js')>

interface Storm {
  seconds: number
  /** What went wrong, and how often. */
  errors: [reason: string, count: number][]
  /** Of a core. */
  busy: number[]
  cpu: Record<string, number>
}

/**
 * 10,000 devices come back at the same moment, as after a restart of push or of a network: the time until all are
 * accepted, and until all have pulled what is new in their list of conversations as well, which is one row each.
 */
export async function run(): Promise<void> {
  const shortage = shortageOf(DEVICES)
  if (shortage) return say(shortage)
  const workshop = await openWorkshop()
  const loads: StormLoad[] = []
  try {
    for (let n = 0; n < GENERATORS; n += 1) loads.push(await startLoad('storm'))
    const heads = ['', 'seconds', 'a device us', 'to connects', 'errors']
    const shares = ['api', 'push', 'postgres', 'generators']
    const table = new Table([...heads, ...shares], { 0: 44, 8: 16 })
    for (const processes of [1, 2] as const) {
      const nudge = await startNudge({ ...workshop, processes })
      try {
        // The first server has made the tables.
        if (processes === 1) await prepare(workshop, loads)
        await measure(
          table,
          `${processes} ${processes === 1 ? 'process' : 'processes'}`,
          nudge,
          workshop,
          loads,
        )
      } finally {
        await nudge.stop()
      }
    }
  } finally {
    for (const load of loads) await load.stop()
    await workshop.close()
  }
}

async function prepare({ databaseUrl }: Workshop, loads: StormLoad[]): Promise<void> {
  const db = new pg.Client(databaseUrl)
  await db.connect()
  try {
    const people = await createPeople(db, DEVICES)
    const pairs = people.flatMap((one, n) => (n % 2 === 1 ? [[people[n - 1], one] as [string, string]] : []))
    await createPairs(db, pairs)
    // A conversation shows from its first message. Nothing is newer than the clock says, and what was made below the API has the stamp 1.
    await db.query('update session_head set message_count = 1')
    await db.query('update app_clock set v = greatest(v, 1)')
    await db.query('analyze')
    await Promise.all(
      loads.map((load, n) =>
        load.ask(
          'prepare',
          people.filter((_, each) => each % loads.length === n),
        ),
      ),
    )
  } finally {
    await db.end()
  }
}

async function measure(
  table: Table,
  name: string,
  nudge: Nudge,
  workshop: Workshop,
  loads: StormLoad[],
): Promise<void> {
  const kinds = { 'connects alone': 0, 'connects and pulls': PULLS }
  const storms = Object.fromEntries(Object.keys(kinds).map((kind) => [kind, [] as Storm[]]))
  // What is compiled on the way is not measured.
  for (let round = -1; round < ROUNDS; round += 1) {
    for (const [kind, pulls] of Object.entries(kinds)) {
      const came = await storm(nudge, workshop, loads, pulls)
      if (round >= 0) storms[kind]?.push(came)
    }
  }
  const base = median((storms['connects alone'] ?? []).map(({ seconds }) => seconds))
  for (const [kind, came] of Object.entries(storms)) {
    const middle = (of: (one: Storm) => number) => median(came.map(of))
    const seconds = middle((one) => one.seconds)
    const errors = came.flatMap((one) => one.errors)
    table.row([
      `${name}: ${kind}`,
      figure(seconds),
      figure((seconds / DEVICES) * 1e6),
      ratio(seconds, base),
      `${errors.reduce((sum, [, count]) => sum + count, 0)}`,
      ...['api', 'push', 'postgres'].map((each) => percent(middle(({ cpu }) => cpu[each] ?? 0))),
      loads.map((_, n) => percent(middle(({ busy }) => busy[n] ?? 0))).join(', '),
    ])
    for (const [reason, count] of errors.slice(0, 5)) say(`  ${count} x ${reason}`)
  }
}

async function storm(
  { mqttPort, apiPort, pids }: Nudge,
  { postgresPid }: Workshop,
  loads: StormLoad[],
  pulls: number,
): Promise<Storm> {
  const stopWatch = watchCpu({ ...pids, postgres: postgresPid })
  const answers = await Promise.all(loads.map((load) => load.ask('come', { mqttPort, apiPort, pulls })))
  const cpu = stopWatch()
  await Promise.all(loads.map((load) => load.ask('leave', null)))
  await sleep(LEAVE_MS)
  return {
    seconds: Math.max(...answers.map(({ value }) => value.seconds)),
    errors: answers.flatMap(({ value }) => Object.entries(value.errors)),
    busy: answers.map(({ busy }) => busy),
    cpu,
  }
}
