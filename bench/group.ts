import pg from 'pg'
import type { Load } from './tools/load.js'
import { startLoad } from './tools/load.js'
import { accessToken, imToken, type Nudge, startNudge } from './tools/nudge.js'
import { createGroups, createPeople } from './tools/people.js'
import { requestBytes } from './tools/rest.js'
import { median } from './tools/spread.js'
import { WATCHED, type Work, watchWork } from './tools/sql-work.js'
import { figure, percent, ratio, say, Table } from './tools/table.js'
import { watchCpu } from './tools/usage.js'
import { openWorkshop, type Workshop } from './tools/workshop.js'

const SIZES = (process.env.GROUP_SIZES ?? '2,100,1000,10000,100000').split(',').map(Number)
const ROUNDS = 7
/** Messages in a round and a size: one after the other, and 32 at a time. */
const ALONE = 100
const CROWDED = 1500
const CONNECTIONS = 32
/** Few, as whoever has not sent for 5 s costs a look at his login: in large groups all would. */
const SENDERS = 10
/** Members whose devices are connected when it comes to announcing; in smaller groups each has several. */
const DEVICES = 50
/** Messages when push knows the members, and when it has to ask for them. */
const WARM = 40
const COLD = 10

type GroupLoad = Load<typeof import('./loads/group.js')>

interface Group {
  id: string
  members: string[]
}

/** What one message costs in groups of 2 to 100 000: storing it, and then announcing it. */
export async function run(): Promise<void> {
  const workshop = await openWorkshop(WATCHED)
  const load: GroupLoad = await startLoad('group')
  const db = new pg.Client(workshop.databaseUrl)
  try {
    await db.connect()
    const groups = await prepare(workshop, db)
    await measureStoring(workshop, db, load, groups)
    await measureRowPerMember(db, groups)
    for (const processes of [2, 1] as const) await measureAnnouncing(workshop, load, groups, processes)
  } finally {
    await load.stop()
    await db.end()
    await workshop.close()
  }
}

async function prepare(workshop: Workshop, db: pg.Client): Promise<Group[]> {
  // It makes the tables.
  await (await startNudge(workshop)).stop()
  const people = await createPeople(db, Math.max(...SIZES))
  const members = SIZES.map((size) => people.slice(0, size))
  const ids = await createGroups(db, members)
  await db.query('vacuum (freeze, analyze)')
  await db.query('checkpoint')
  return ids.map((id, n) => ({ id, members: members[n] as string[] }))
}

/** A message of one of `senders` members, who are spread over the group. */
function message({ id, members }: Group, senders: number): string {
  const count = Math.min(senders, members.length)
  const which = Math.floor(Math.random() * count)
  const sender = members[Math.floor((which * members.length) / count)] as string
  const clientMessageId = `${process.pid}-${Math.random()}`
  const json = { type: 'text', content: '{"text":"how much is it?"}', clientMessageId }
  return requestBytes('POST', `/v1/sessions/${id}/messages`, { token: accessToken(sender), json })
}

interface Stored {
  alone: number[]
  crowded: number[]
  cpu: { api: number; postgres: number }[]
  busy: number[]
  work: Work[]
}

/**
 * Storing apart from announcing: the API finds no push server, so its outbox keeps a row for each group. Every round
 * visits all sizes, in another order each time.
 */
async function measureStoring(
  workshop: Workshop,
  db: pg.Client,
  load: GroupLoad,
  groups: Group[],
): Promise<void> {
  const nudge = await startNudge({ ...workshop, processes: 2, env: { PUSH_URL: 'mqtt://127.0.0.1:9' } })
  const results = groups.map((): Stored => ({ alone: [], crowded: [], cpu: [], busy: [], work: [] }))
  try {
    for (let round = 0; round <= ROUNDS; round += 1) {
      for (let at = 0; at < groups.length; at += 1) {
        const n = (at + round) % groups.length
        const stored = await store(nudge, workshop, db, load, groups[n] as Group)
        // The first round warms up.
        if (round > 0) add(results[n] as Stored, stored)
      }
    }
  } finally {
    await nudge.stop()
  }
  say(
    `\nStoring. alone: one message after the other, sent by ${SENDERS} members; crowded: ${CONNECTIONS} at a time,`,
  )
  say('sent by two members. CPU is ms per crowded message. Medians of rounds over all sizes.\n')
  const table = new Table(
    [
      'members',
      'statements',
      'rows',
      'log bytes',
      'alone ms',
      'ratio',
      'crowded ms',
      'ratio',
      'API ms',
      'PostgreSQL ms',
      'ratio',
      'load',
    ],
    { 0: 8 },
  )
  const of = (stored: Stored) => {
    const api = median(stored.cpu.map((each) => each.api))
    const postgres = median(stored.cpu.map((each) => each.postgres))
    return {
      api,
      postgres,
      cpu: api + postgres,
      alone: median(stored.alone),
      crowded: median(stored.crowded),
    }
  }
  const base = of(results[0] as Stored)
  for (const [n, stored] of results.entries()) {
    const here = of(stored)
    const perMessage = (value: (work: Work) => number) => median(stored.work.map(value)) / ALONE
    table.row([
      String(SIZES[n]),
      figure(perMessage(statementsOf)),
      figure(perMessage(rowsOf)),
      figure(perMessage(({ logBytes }) => logBytes)),
      figure(here.alone),
      ratio(here.alone, base.alone),
      here.crowded.toFixed(3),
      ratio(here.crowded, base.crowded),
      here.api.toFixed(3),
      here.postgres.toFixed(3),
      ratio(here.cpu, base.cpu),
      percent(median(stored.busy)),
    ])
  }
  const { rows = {} } = results.at(-1)?.work.at(-1) ?? {}
  const names = Object.entries(rows).map(([name, count]) => `${name} ${figure(count / ALONE)}`)
  say(`\nRows per message in the largest, with what the drain does to the outbox: ${names.join(', ')}.`)
}

/** Without the drain's, who tries to reach push, and looks at logins. */
function statementsOf({ statements }: Work): number {
  const others = /outbox o\b|"login"/
  return statements.reduce((sum, { query, calls }) => sum + (others.test(query) ? 0 : calls), 0)
}

/** Of the outbox the one that storing writes. */
function rowsOf({ rows: { outbox: _, ...rows } }: Work): number {
  return Object.values(rows).reduce((sum, count) => sum + count, 0) + ALONE
}

async function store(
  nudge: Nudge,
  workshop: Workshop,
  db: pg.Client,
  load: GroupLoad,
  group: Group,
): Promise<Stored> {
  const port = nudge.apiPort
  const finishWork = await watchWork(db)
  const requests = Array.from({ length: ALONE }, () => message(group, SENDERS))
  const alone = await load.ask('ask', { port, requests, connections: 1 })
  const work = await finishWork()

  const many = Array.from({ length: CROWDED }, () => message(group, 2))
  const [finishCpu, began] = [
    watchCpu({ api: nudge.pids.api, postgres: workshop.postgresPid }),
    performance.now(),
  ]
  const crowded = await load.ask('ask', { port, requests: many, connections: CONNECTIONS })
  const elapsed = performance.now() - began
  const { api = 0, postgres = 0 } = finishCpu()
  return {
    alone: [median(alone.value.each)],
    crowded: [crowded.value.all / CROWDED],
    cpu: [{ api: (api * elapsed) / CROWDED, postgres: (postgres * elapsed) / CROWDED }],
    busy: [crowded.busy],
    work: [work],
  }
}

function add(to: Stored, { alone, crowded, cpu, busy, work }: Stored): void {
  to.alone.push(...alone)
  to.crowded.push(...crowded)
  to.cpu.push(...cpu)
  to.busy.push(...busy)
  to.work.push(...work)
}

/** What the same message costs where each member has a row of his own to be changed: the usual other design. */
async function measureRowPerMember(db: pg.Client, groups: Group[]): Promise<void> {
  await db.query(`
    create table inbox with (fillfactor = 70) as
    select session_id, user_id, 0::bigint as unread, 0::bigint as last_message_id from session_member`)
  await db.query('alter table inbox add primary key (session_id, user_id)')
  await db.query(
    'create table inbox_message (id bigint generated always as identity primary key, session_id bigint, content text)',
  )
  await db.query('vacuum analyze inbox')
  say('\nBeside it, a row per member: one message by SQL alone, which counts it as unread for each member.\n')
  const table = new Table(['members', 'rows', 'ms', 'ratio'], { 0: 8 })
  let base: number | undefined
  for (const { id, members } of groups) {
    const times: number[] = []
    for (let round = 0; round < 5; round += 1) {
      const began = performance.now()
      await db.query('begin')
      const stored = await db.query(
        `insert into inbox_message (session_id, content) values ($1, '{"text":"how much is it?"}') returning id`,
        [id],
      )
      await db.query('update inbox set unread = unread + 1, last_message_id = $2 where session_id = $1', [
        id,
        stored.rows[0].id,
      ])
      await db.query('commit')
      times.push(performance.now() - began)
    }
    const ms = median(times)
    base ??= ms
    table.row([String(members.length), String(members.length + 1), figure(ms), ratio(ms, base)])
  }
  await db.query('drop table inbox, inbox_message')
}

/** From the outbox to the devices, with the members known to push and with the members to be asked for. */
async function measureAnnouncing(
  workshop: Workshop,
  load: GroupLoad,
  groups: Group[],
  processes: 1 | 2,
): Promise<void> {
  const nudge = await startNudge({ ...workshop, processes })
  const db = new pg.Client(workshop.databaseUrl)
  await db.connect()
  try {
    const where = processes === 1 ? 'API and push in one process' : 'API and push apart'
    say(
      `\nAnnouncing to ${DEVICES} connected devices, ${where}: ms since the request was sent. cold: push asks`,
    )
    say('for the members first, as after somebody has joined; CPU is ms per message, of all processes.\n')
    const table = new Table(
      ['members', 'answered', 'all heard', 'ratio', 'CPU ms', 'cold: heard', 'cold: CPU ms'],
      { 0: 8 },
    )
    let base: number | undefined
    for (const group of groups) {
      const heard = await announceTo(nudge, workshop, db, load, group)
      base ??= heard.warm.heard
      table.row([
        String(group.members.length),
        figure(heard.warm.answered),
        figure(heard.warm.heard),
        ratio(heard.warm.heard, base),
        figure(heard.warm.cpu),
        figure(heard.cold.heard),
        figure(heard.cold.cpu),
      ])
    }
  } finally {
    await db.end()
    await nudge.stop()
  }
}

async function announceTo(nudge: Nudge, workshop: Workshop, db: pg.Client, load: GroupLoad, group: Group) {
  const { members } = group
  const passwords = Array.from({ length: DEVICES }, (_, n) => {
    // All over the group.
    const userId = members[Math.floor((n * members.length) / DEVICES)] as string
    return { userId, password: imToken(userId) }
  })
  await load.ask('connectDevices', { port: nudge.mqttPort, passwords })
  const announceOne = async () =>
    (await load.ask('announce', { port: nudge.apiPort, request: message(group, SENDERS) })).value
  await announceOne()

  const measure = async (count: number, prepare = async () => {}) => {
    const heard: { answered: number; last: number }[] = []
    // One process counts once.
    const { api, push } = nudge.pids
    const finish = watchCpu({ postgres: workshop.postgresPid, [api]: api, [push]: push })
    const began = performance.now()
    for (let n = 0; n < count; n += 1) {
      await prepare()
      heard.push(await announceOne())
    }
    const elapsed = performance.now() - began
    const cores = Object.values(finish()).reduce((sum, share) => sum + share, 0)
    return {
      answered: median(heard.map(({ answered }) => answered)),
      heard: median(heard.map(({ last }) => last)),
      cpu: (cores * elapsed) / count,
    }
  }
  return {
    warm: await measure(WARM),
    // As somebody joining does; those who have joined do not matter here.
    cold: await measure(COLD, async () => {
      await db.query('update session set mts = mts + 1 where id = $1', [group.id])
    }),
  }
}
