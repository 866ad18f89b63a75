import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import pg from 'pg'
import { type Load, startLoad } from './tools/load.js'
import { accessToken, type Nudge, startNudge } from './tools/nudge.js'
import { requestBytes } from './tools/rest.js'
import { spreadOf } from './tools/spread.js'
import { plansOf } from './tools/sql-plans.js'
import { type Extent, seed } from './tools/sql-seed.js'
import { WATCHED, type Work, watchWork } from './tools/sql-work.js'
import { figure, percent, ratio, say, Table } from './tools/table.js'
import { openWorkshop, type Workshop } from './tools/workshop.js'

const YEAR_MS = 365 * 24 * 3600 * 1000
const MESSAGES = Number(process.env.GROW_MESSAGES ?? 10_000_000)
const EXTENTS: Record<string, Extent> = {
  small: { users: 1000, sessions: 100, messages: 10_000, spanMs: YEAR_MS },
  large: {
    users: Math.max(1000, MESSAGES / 100),
    sessions: Math.max(100, MESSAGES / 1000),
    messages: MESSAGES,
    spanMs: YEAR_MS,
  },
}
/** How many times slower the large one may be. */
const LIMIT = 1.3
const ROUNDS = 8
/** Requests in a round, each of another user. */
const REQUESTS = 40
/** `all`: plans of what meets the limit, too. */
const PLANS = process.env.GROW_PLANS

type GrowLoad = Load<typeof import('./loads/grow.js')>

/** A database with its server. */
interface Side {
  name: string
  db: pg.Client
  nudge: Nudge
  targets: Target[]
}

/** A member of a group of 30 to 100 and of about four more sessions, and what to ask for in his name. */
interface Target {
  user: string
  session: string
  /** Stamps of the group's last message, of the one before, and one in the middle of all. */
  newest: string
  previous: string
  middle: string
  /** Stamp of the user's conversation that changed last but one. */
  known: string
  /** Somebody else's name. */
  name: string
}

/** Asked by everybody all the time, and beneath what is asked now and then. */
const ASKED: Record<string, (target: Target) => string> = {
  'pull, nothing new': (t) => get(t, `sessions/${t.session}/messages?unread=keep`, t.newest),
  'pull, one new message': (t) => get(t, `sessions/${t.session}/messages?unread=keep`, t.previous),
  'conversations, 1 of 5 changed': (t) => get(t, `users/${t.user}/userConversations`, t.known),
  'conversations, all 5': (t) => get(t, `users/${t.user}/userConversations`, '0'),
  'history, newest 20': (t) => get(t, `sessions/${t.session}/messages/history?limit=20&unread=keep`),
  'history, 20 from the middle': (t) =>
    get(t, `sessions/${t.session}/messages/history?limit=20&unread=keep`, t.middle),
  append: (t) =>
    requestBytes('POST', `/v1/sessions/${t.session}/messages`, {
      token: accessToken(t.user),
      json: {
        type: 'text',
        content: '{"text":"one more"}',
        clientMessageId: `${process.pid}-${Math.random()}`,
      },
    }),
  'members, nothing new': (t) => get(t, `sessions/${t.session}/members`, t.newest),
  'sessions, nothing new': (t) => get(t, 'sessions', t.newest),
  'contacts, nothing new': (t) => get(t, `users/${t.user}/contacts`, t.newest),
  'search of a name': (t) => get(t, `users?filter_term=${encodeURIComponent(t.name)}`),
}

const get = ({ user }: Target, path: string, cursor?: string) =>
  requestBytes('GET', `/v1/${path}`, {
    token: accessToken(user),
    ...(cursor !== undefined && { cursor }),
  })

/**
 * What a large database costs those who use a little of it: 10 million messages, a hundred thousand users and ten
 * thousand sessions, against one with a thousandth of the messages; side by side on one PostgreSQL.
 */
export async function run(): Promise<void> {
  const workshop = await openWorkshop({ ...WATCHED, max_wal_size: '8GB' })
  const load: GrowLoad = await startLoad('grow')
  const sides: Side[] = []
  try {
    for (const [name, extent] of Object.entries(EXTENTS)) sides.push(await open(workshop, name, extent))
    await compare(workshop, load, sides)
  } finally {
    await load.stop()
    for (const { db, nudge } of sides) {
      await db.end()
      await nudge.stop()
    }
    await workshop.close()
  }
}

async function open(workshop: Workshop, name: string, extent: Extent): Promise<Side> {
  const url = new URL(workshop.databaseUrl)
  const admin = new pg.Client(url.href)
  await admin.connect()
  await admin.query(`create database ${name}`)
  await admin.end()

  url.pathname = `/${name}`
  const dataDir = join(workshop.dataDir, name)
  await mkdir(dataDir)
  // It makes the tables.
  await (await startNudge({ databaseUrl: url.href, dataDir })).stop()
  const db = new pg.Client(url.href)
  await db.connect()
  const began = performance.now()
  await seed(db, extent)
  const targets = await findTargets(db)
  const { rows } = await db.query('select pg_size_pretty(pg_database_size(current_database())) as size')
  const seconds = figure((performance.now() - began) / 1000)
  say(`${name}: ${extent.messages} messages, ${rows[0].size}, made in ${seconds} s`)
  const nudge = await startNudge({ databaseUrl: url.href, dataDir, processes: 2 })
  return { name, db, nudge, targets }
}

/** As many different users in both databases, since what has been asked of a user is remembered for seconds. */
async function findTargets(db: pg.Client): Promise<Target[]> {
  const { rows } = await db.query<Target>(`
    with listed as (
      select c.user_id, c.session_id, greatest(c.v, h.v, s.v, p.v) as v,
        count(*) over own as count, row_number() over (own order by greatest(c.v, h.v, s.v, p.v) desc) as place
      from conversation c join session s on s.id = c.session_id join session_head h on h.session_id = c.session_id
      left join app_user p on p.id = c.peer_id
      window own as (partition by c.user_id)
    ), sized as (
      select m.session_id from session_member m join session_head h using (session_id)
      where h.message_count >= 40 group by 1 having count(*) between 30 and 100
    ), member as (
      select distinct on (m.user_id) m.user_id, m.session_id, l.v as known
      from session_member m join sized using (session_id)
      join (select user_id, v from listed where count between 4 and 6 and place = 2) l using (user_id)
      order by m.user_id, random()
    )
    select m.user_id as "user", m.session_id as session, m.known, h.v as newest,
      (select v from message where session_id = m.session_id order by v desc offset 1 limit 1) as previous,
      (select (v + h.v) / 2 from message where session_id = m.session_id order by v limit 1) as middle,
      'user ' || (m.user_id % 1000 + 1) as name
    from (select * from member order by random() limit ${REQUESTS * ROUNDS}) m
    join session_head h using (session_id)`)
  if (rows.length < REQUESTS * ROUNDS) throw new Error(`only ${rows.length} users to ask for`)
  return rows
}

async function compare(workshop: Workshop, load: GrowLoad, sides: Side[]): Promise<void> {
  say(
    `\nOne request after the other, ${REQUESTS * ROUNDS} a side in ${ROUNDS} rounds; SQL is ms in PostgreSQL, planning included.\n`,
  )
  const heads = sides.flatMap(({ name }) => [`${name} p50`, `p99`])
  const table = new Table(
    ['request', ...heads, 'ratio', ...sides.map(({ name }) => `${name} SQL`), 'ratio', 'load'],
    { 0: 30 },
  )
  const missed: string[] = []
  const touched: string[] = []
  for (const [name, request] of Object.entries(ASKED)) {
    const measured = await measure(load, sides, request)
    const [small, large] = measured as [Measured, Measured]
    const isMet = large.p50 <= small.p50 * LIMIT
    if (!isMet) missed.push(name)
    table.row([
      name,
      ...measured.flatMap(({ p50, p99 }) => [figure(p50), figure(p99)]),
      ratio(large.p50, small.p50),
      ...measured.map(({ sqlMs }) => sqlMs.toFixed(3)),
      ratio(large.sqlMs, small.sqlMs),
      percent(Math.max(...measured.map(({ busy }) => busy))),
    ])
    const cells = measured.flatMap((side) => [figure(side.blocksRead), figure(side.pagesLogged)])
    touched.push(`${name}: ${cells[0]} and ${cells[1]}, ${cells[2]} and ${cells[3]}`)
  }
  say(
    '\nBlocks read into the buffers of PostgreSQL and pages logged whole, a request, in the small and in the large:',
  )
  for (const line of touched) say(`  ${line}`)
  say(`\nBeyond ×${LIMIT}: ${missed.join(', ') || 'nothing'}.`)
  for (const name of PLANS === 'all' ? Object.keys(ASKED) : missed) {
    const { db, nudge, targets } = sides.at(-1) as Side
    const requests = targets.slice(0, 2).map(ASKED[name] as (target: Target) => string)
    const plans = await plansOf(db, workshop.dataDir, () =>
      load.ask('ask', { port: nudge.apiPort, requests, connections: 1 }),
    )
    say(`\n## ${name}\n\n${plans}`)
  }
}

interface Measured {
  p50: number
  p99: number
  sqlMs: number
  blocksRead: number
  pagesLogged: number
  busy: number
}

async function measure(
  load: GrowLoad,
  sides: Side[],
  request: (target: Target) => string,
): Promise<Measured[]> {
  const results = sides.map(() => ({ each: [] as number[], statements: [] as Work['statements'], busy: 0 }))
  for (let round = -1; round < ROUNDS; round += 1) {
    for (const [n, { db, nudge, targets }] of sides.entries()) {
      const result = results[n] as (typeof results)[number]
      const from = Math.max(round, 0) * REQUESTS
      const requests = targets.slice(from, from + REQUESTS).map(request)
      const finish = await watchWork(db)
      const { value, busy } = await load.ask('ask', { port: nudge.apiPort, requests, connections: 1 })
      const { statements } = await finish()
      // The first round warms up.
      if (round < 0) continue
      result.each.push(...value.each)
      result.statements.push(...statements)
      result.busy = Math.max(result.busy, busy)
    }
  }
  return results.map(({ each, statements, busy }) => {
    const perRequest = (field: 'ms' | 'blocksRead' | 'pagesLogged') =>
      statements.reduce((sum, statement) => sum + statement[field], 0) / each.length
    return {
      ...spreadOf(each),
      sqlMs: perRequest('ms'),
      blocksRead: perRequest('blocksRead'),
      pagesLogged: perRequest('pagesLogged'),
      busy,
    }
  })
}
