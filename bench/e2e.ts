import { setTimeout as sleep } from 'node:timers/promises'
import pg from 'pg'
import { Closers } from '../shared/server/closers.js'
import { missingForEjabberd, PASSWORD, startEjabberd } from './peers/ejabberd.js'
import type { Outcome } from './tools/arrivals.js'
import { startLoad } from './tools/load.js'
import { startNudge } from './tools/nudge.js'
import { createGroups, createPairs, createPeople } from './tools/people.js'
import { figure, percent, ratio, say, Table } from './tools/table.js'
import { machineCpu, watchCpu } from './tools/usage.js'
import { openWorkshop, type Workshop } from './tools/workshop.js'

const PAIRS = 100
const MEMBERS = 500
/** Members of the group whose device is connected; they send as well. The others cost neither server anything. */
const ONLINE = 50
const STEP_SECONDS = 4
/** Before each step, at its rate: while the others had their turn, connections of HTTP were closed for being idle. */
const WARM_UP_SECONDS = 1
/** How long both are used before it is measured. */
const SETTLE_SECONDS = 3
/** Messages a second. Each step has twice as many as the one before, until it breaks. */
const RATES = { pairs: { from: 100, to: 6400 }, group: { from: 20, to: 1280 } }
/** So often the middle between the fastest step that held and the slowest that broke is tried. */
const PROBES = 2
/** A step has broken when more than 1 in 100 copies take longer (ms). */
const MAX_P99_MS = 1000
/** Connections to PostgreSQL; as many as Nudge has unless told otherwise. */
const POOL = 20
/** Nudge in one process, or API and push apart. */
const NUDGE_PROCESSES = process.env.NUDGE_PROCESSES === '1' ? 1 : 2

type Place = keyof typeof RATES

const NAMES: Record<Place, string> = {
  pairs: `1:1, ${PAIRS} pairs`,
  group: `group of ${MEMBERS}`,
}

const HEADS =
  'messages/s, server, p50 ms, p99 ms, max ms, cores, PostgreSQL, load, others, late ms, p99 ratio, broke: why'

interface Side {
  name: string
  /** Of the server's processes. */
  pids: Record<string, number>
  ask(place: Place, rate: number, seconds: number): Promise<{ value: Outcome; busy: number }>
  /** Messages sent so far. */
  sent: Record<Place, number>
  /** The database that keeps them, in which table, and how many rows there should be. */
  db: pg.Client
  table: string
  rowsOf(sent: Record<Place, number>): number
}

/** The most that a side held, and the least that it did not (messages/s). */
interface Limits {
  held: number
  broke: number
}

/**
 * How long from sending a message until those it is for have it, at more and more messages a second, and when that
 * breaks: beside ejabberd with its archive in the same PostgreSQL. A device of Nudge hears of the message by MQTT and
 * pulls it over HTTP; ejabberd writes the message itself into the stream of a client that has nothing to ask for. In the
 * group everybody who is online is a recipient, the sender's own device too.
 *
 * `load` is the generator's share of a core, and `late` how much later than planned it sent (p99): it is the bottleneck
 * when one is near 100 % or the other long. `others` is what the machine did besides: a row with much of it says little.
 */
export async function run(): Promise<void> {
  const closers = new Closers()
  try {
    const workshop = await openWorkshop()
    closers.add(() => workshop.close())
    const sides: Side[] = []
    const missing = missingForEjabberd()
    if (missing.length > 0) say(`ejabberd is not here to compare with (Debian: ${missing.join(', ')}).\n`)
    else sides.push(await openEjabberd(workshop, closers))
    sides.push(await openNudge(workshop, closers))

    for (const side of sides) await checkOrder(side)
    for (const side of sides) await settle(side)
    say('')
    const table = new Table(HEADS.split(', '), { 0: 14, 5: 13, 11: 18 })
    const climb = (place: Place) => findLimits(place, sides, workshop, table)
    const limits = { pairs: await climb('pairs'), group: await climb('group') }
    say('')
    for (const place of ['pairs', 'group'] as const) sayLimits(place, limits[place])
    for (const side of sides) await checkArchive(side)
  } finally {
    await closers.close()
  }
}

/** As a server is that has run for a while: PostgreSQL knows how large its tables are. */
async function settle(side: Side): Promise<void> {
  for (const place of ['pairs', 'group'] as const) await send(side, place, RATES[place].from, SETTLE_SECONDS)
  await side.db.query('vacuum analyze')
}

/** Takes all sides up the same steps, one after the other, and then each to the middle of what is left open. */
async function findLimits(
  place: Place,
  sides: Side[],
  workshop: Workshop,
  table: Table,
): Promise<Map<Side, Limits>> {
  table.row([NAMES[place]])
  const limits = new Map(sides.map((side) => [side, { held: 0, broke: Number.POSITIVE_INFINITY }]))
  const step = async (side: Side, limit: Limits, rate: number, other?: Measured) => {
    let measured = await measure(side, workshop, place, rate)
    // Something else may have held up the machine: a step has broken when it breaks twice.
    if (measured.reason) measured = await measure(side, workshop, place, rate)
    if (measured.reason) limit.broke = rate
    else limit.held = rate
    printRow(table, side, rate, measured, other)
    return measured
  }

  const { from, to } = RATES[place]
  for (let rate = from; rate <= to; rate *= 2) {
    let first: Measured | undefined
    for (const [side, limit] of limits) {
      if (limit.broke < rate) continue
      const measured = await step(side, limit, rate, first)
      first ??= measured
    }
  }
  for (let probe = 0; probe < PROBES; probe += 1) {
    for (const [side, limit] of limits) {
      const middle = Math.round(Math.sqrt(limit.held * limit.broke))
      if (middle > 0 && Number.isFinite(middle)) await step(side, limit, middle)
    }
  }
  return limits
}

async function send(side: Side, place: Place, rate: number, seconds: number) {
  const answer = await side.ask(place, rate, seconds)
  side.sent[place] += answer.value.sent
  return answer
}

interface Measured extends Outcome {
  /** Shares of a core. */
  cores: number[]
  postgres: number
  /** The load generator, and whatever else this machine has done. */
  busy: number
  others: number
  /** Why the step has broken, if it has. */
  reason: string
}

async function measure(side: Side, workshop: Workshop, place: Place, rate: number): Promise<Measured> {
  await send(side, place, rate, WARM_UP_SECONDS)
  const cpu = watchCpu({ ...side.pids, postgres: workshop.postgresPid })
  const [began, before] = [performance.now(), machineCpu()]
  const { value, busy } = await send(side, place, rate, STEP_SECONDS)
  const { postgres = 0, ...servers } = cpu()
  const all = (machineCpu() - before) / ((performance.now() - began) / 1000)
  const cores = Object.values(servers)
  const others = all - cores.reduce((sum, each) => sum + each, postgres + busy)
  return { ...value, cores, postgres, busy, others, reason: reasonOf(value) }
}

function reasonOf({ errors, repeated, missing, delays }: Outcome): string {
  if (errors.length > 0) return `${errors.length} errors: ${errors[0]}`
  if (repeated > 0) return `${repeated} repeated`
  if (missing > 0) return `${missing} not in time`
  return delays.p99 > MAX_P99_MS ? 'too slow' : ''
}

function printRow(table: Table, side: Side, rate: number, measured: Measured, other?: Measured): void {
  // Servers are given as API + push where they are two.
  const { delays, cores, postgres, busy, others, late, reason } = measured
  table.row([
    `${rate}`,
    side.name,
    ...[delays.p50, delays.p99, delays.max].map(figure),
    cores.map(percent).join(' + '),
    ...[postgres, busy, others].map(percent),
    figure(late),
    other && !other.reason ? ratio(delays.p99, other.delays.p99) : '',
    reason,
  ])
}

function sayLimits(place: Place, limits: Map<Side, Limits>): void {
  const held = [...limits.values()].map((limit) => limit.held)
  const parts = [...limits.keys()].map(({ name }, n) => `${name} ${held[n]}/s`)
  const compared = held.length > 1 ? ` (${ratio(held[1] as number, held[0] as number)})` : ''
  say(`${NAMES[place]}: the most that held: ${parts.join(', ')}${compared}`)
}

/** Whether a message is delivered while nothing can be stored. */
async function checkOrder(side: Side): Promise<void> {
  await send(side, 'pairs', 20, 1)
  await side.db.query(`begin; lock table ${side.table} in exclusive mode`)
  const sending = send(side, 'pairs', 1, 1)
  const isEarly = await Promise.race([sending.then(() => true), sleep(500, false)])
  await side.db.query('commit')
  const { value } = await sending
  if (value.missing > 0) throw new Error(`${side.name} has lost a message`)
  say(`${side.name} delivers ${isEarly ? 'before' : 'after'} a message is stored.`)
}

/** What broke a step may still be on its way into the database. */
async function checkArchive({ name, db, table, rowsOf, sent }: Side): Promise<void> {
  const wanted = rowsOf(sent)
  let stored = 0
  for (let n = 0; stored !== wanted && n < 50; n += 1) {
    await sleep(n === 0 ? 0 : 100)
    const { rows } = await db.query(`select count(*)::int from ${table}`)
    stored = rows[0].count
  }
  say(
    `${name} was sent ${sent.pairs + sent.group} messages and stored ${stored} rows; ${wanted} there should be.`,
  )
}

async function openNudge(workshop: Workshop, closers: Closers): Promise<Side> {
  const nudge = await startNudge({ ...workshop, processes: NUDGE_PROCESSES })
  closers.add(() => nudge.stop())
  const load = await startLoad<typeof import('./loads/e2e-nudge.js')>('e2e-nudge')
  closers.add(() => load.stop())
  const db = new pg.Client(workshop.databaseUrl)
  await db.connect()
  closers.add(() => db.end())
  const people = await createPeople(db, 2 * PAIRS + MEMBERS)
  const members = people.slice(2 * PAIRS)
  const pairs = pairsOf(people.slice(0, 2 * PAIRS))
  const pairIds = await createPairs(db, pairs)
  const [groupId = ''] = await createGroups(db, [members])
  await db.query('analyze')
  const online = members.slice(0, ONLINE)
  const sessions = {
    pairs: pairs.map(([from, to], n) => ({ id: pairIds[n] as string, senders: [from], listeners: [to] })),
    group: [{ id: groupId, senders: online, listeners: online }],
  }
  const { apiPort, mqttPort } = nudge
  await load.ask('open', { apiPort, mqttPort, sessions: [...sessions.pairs, ...sessions.group] })
  return {
    name: 'Nudge',
    pids: NUDGE_PROCESSES === 1 ? { all: nudge.pids.api } : nudge.pids,
    ask: (place, rate, seconds) => load.ask('send', { sessions: sessions[place], rate, seconds }),
    sent: { pairs: 0, group: 0 },
    db,
    table: 'message',
    rowsOf: ({ pairs, group }) => pairs + group,
  }
}

async function openEjabberd(workshop: Workshop, closers: Closers): Promise<Side> {
  const users = Array.from({ length: 2 * PAIRS + MEMBERS }, (_, n) => `user${n}`)
  const ejabberd = await startEjabberd({ ...workshop, pool: POOL, users })
  closers.add(() => ejabberd.stop())
  const load = await startLoad<typeof import('./loads/e2e-xmpp.js')>('e2e-xmpp')
  closers.add(() => load.stop())
  const db = new pg.Client(ejabberd.databaseUrl)
  await db.connect()
  closers.add(() => db.end())
  await db.query('analyze')
  await load.ask('open', {
    port: ejabberd.port,
    password: PASSWORD,
    pairs: pairsOf(users.slice(0, 2 * PAIRS)),
    room: { name: 'group', members: users.slice(2 * PAIRS), online: ONLINE },
  })
  return {
    name: 'ejabberd',
    pids: { ejabberd: ejabberd.pid },
    ask: (place, rate, seconds) => load.ask('send', { to: place, rate, seconds }),
    sent: { pairs: 0, group: 0 },
    db,
    table: 'archive',
    // Of two people each has an archive of his own; a room has one.
    rowsOf: ({ pairs, group }) => 2 * pairs + group,
  }
}

/** The first with the second, and so on. */
function pairsOf(people: string[]): [string, string][] {
  return Array.from(
    { length: people.length / 2 },
    (_, n) => people.slice(2 * n, 2 * n + 2) as [string, string],
  )
}
