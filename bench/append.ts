import pg from 'pg'
import { sessionChanged } from '../api/announce/announce.js'
import { NO_CARRIER } from '../api/announce/drain.js'
import { ensureApp } from '../api/apps/store.js'
import { type Db, migrate } from '../api/database/database.js'
import { openDatabase } from '../api/database/open.js'
import { append, createAppender } from '../api/messages/append.js'
import type { Draft } from '../api/messages/store.js'
import { createClock } from '../api/sync/clock.js'
import { Turns } from '../api/sync/turns.js'
import { freePort } from '../shared/server/free-port.js'
import { createLog } from '../shared/server/log.js'
import { type Load, startLoad } from './tools/load.js'
import { accessToken, startNudge } from './tools/nudge.js'
import { createGroups, createPeople } from './tools/people.js'
import { accepts, start } from './tools/processes.js'
import { median, spreadOf } from './tools/spread.js'
import { figure, percent, ratio, say, Table } from './tools/table.js'
import { watchCpu } from './tools/usage.js'
import { openWorkshop } from './tools/workshop.js'

const SENDERS = 64
const SESSIONS = 1000
const SECONDS = 4
const ROUNDS = 3

/**
 * Durable sends by 64 senders at a time, into 1000 sessions and into a single one: over HTTP against a bare Express
 * app that parses and answers the same JSON, and below HTTP against a writer with a transaction for each message.
 */
export async function run(): Promise<void> {
  const workshop = await openWorkshop()
  try {
    const { databaseUrl } = workshop
    const places = await prepare(databaseUrl)
    say('\nBelow HTTP: the same tables, one PostgreSQL, in turns.\n')
    await compareWriters(databaseUrl, places)
    say('\nOver HTTP: each sender has a connection, and waits for the answer.\n')
    await compareServers(workshop, places)
  } finally {
    await workshop.close()
  }
}

interface Places {
  people: string[]
  sessions: string[]
}

/** Everybody is in all sessions. */
async function prepare(databaseUrl: string): Promise<Places> {
  const db = openBenchDatabase(databaseUrl)
  await migrate(db)
  const secret = 'the secret of the app of benchmarks'
  await ensureApp(db, { key: 'bench', secret, name: 'bench', createdAt: 0 })
  await db.destroy()
  const client = new pg.Client(databaseUrl)
  await client.connect()
  const people = await createPeople(client, SENDERS)
  const groups = Array.from({ length: SESSIONS }, () => people)
  const sessions = await createGroups(client, groups)
  await client.query('analyze')
  await client.end()
  return { people, sessions }
}

const openBenchDatabase = (url: string): Db =>
  openDatabase(
    { url, maxConnections: SENDERS + 4, timeoutMs: 30_000, isDurable: true },
    createLog('bench', 'warn'),
  )

interface Measured {
  perSecond: number
  p50: number
  p99: number
}

async function compareWriters(databaseUrl: string, { people, sessions }: Places): Promise<void> {
  const db = openBenchDatabase(databaseUrl)
  const pool = new pg.Pool({ connectionString: databaseUrl, max: SENDERS })
  const ctx = {
    db,
    clock: createClock(createLog('bench', 'warn')),
    turns: new Turns(),
    carrier: NO_CARRIER,
  }
  const appender = createAppender(ctx)
  const writers = {
    'a row lock and a transaction each': (draft: Draft) => appendByRowLock(pool, draft),
    'Nudge: group commit': (draft: Draft) => append({ db, appender }, '1', draft),
  }
  const table = new Table(['sessions and writer', 'messages/s', 'p50 ms', 'p99 ms', 'ratio'], { 0: 46 })
  try {
    for (const [where, choose] of wheres(sessions)) {
      const results = await inTurns(Object.values(writers), (write) => callAll(write, people, choose))
      const base = results[0]?.perSecond ?? 1
      Object.keys(writers).forEach((name, n) => {
        const { perSecond, p50, p99 } = results[n] as Measured
        const cells = [figure(perSecond), figure(p50), figure(p99), ratio(perSecond, base)]
        table.row([`${where}: ${name}`, ...cells])
      })
    }
  } finally {
    await pool.end()
    await db.destroy()
  }
}

const wheres = (sessions: string[]) =>
  [
    [`${SESSIONS} sessions`, sessions],
    ['one hot session', sessions.slice(0, 1)],
  ] as const

/** Rounds in which each has its turn, after one to warm up; the medians. */
async function inTurns<T>(sides: T[], measure: (side: T) => Promise<Measured>): Promise<Measured[]> {
  const rounds: Measured[][] = []
  for (let round = 0; round <= ROUNDS; round += 1) {
    const results: Measured[] = []
    for (const side of sides) results.push(await measure(side))
    if (round > 0) rounds.push(results)
  }
  const of = (n: number, field: keyof Measured) => median(rounds.map((results) => results[n]?.[field] ?? 0))
  return sides.map((_, n) => ({ perSecond: of(n, 'perSecond'), p50: of(n, 'p50'), p99: of(n, 'p99') }))
}

async function callAll(
  write: (draft: Draft) => Promise<unknown>,
  people: string[],
  sessions: readonly string[],
): Promise<Measured> {
  const latencies: number[] = []
  const until = performance.now() + SECONDS * 1000
  const send = async (userId: string) => {
    for (let n = 0; performance.now() < until; n += 1) {
      const began = performance.now()
      await write({
        sessionId: sessions[Math.floor(Math.random() * sessions.length)] as string,
        actorId: userId,
        senderId: userId,
        type: 'text',
        content: '{"text":"how much is it?"}',
        clientMessageId: `${began} ${n}`,
      })
      latencies.push(performance.now() - began)
    }
  }
  await Promise.all(people.map(send))
  const { count, p50, p99 } = spreadOf(latencies)
  return { perSecond: count / SECONDS, p50, p99 }
}

/**
 * What one would write first: lock the session's row, number the message, store it, and say so in an outbox. Stamps
 * come of the session alone here, so writers of different sessions do not wait for each other: fewer promises than
 * Nudge's, whose stamps order all commits of an app.
 */
async function appendByRowLock(pool: pg.Pool, draft: Draft): Promise<void> {
  const client = await pool.connect()
  try {
    await client.query('begin')
    const head = await client.query<{ seq: string; v: string; mts: string }>({
      name: 'lock',
      text: `update session_head h set message_count = message_count + 1,
               v = greatest(h.v + 1, (extract(epoch from clock_timestamp()) * 1000)::bigint)
             from session s join session_member m on m.session_id = s.id and m.user_id = $2 and not m.is_deleted
             where h.session_id = $1 and s.id = h.session_id
             returning h.message_count as seq, h.v, s.mts`,
      values: [draft.sessionId, draft.actorId],
    })
    const { seq, v, mts } = head.rows[0] as { seq: string; v: string; mts: string }
    const stored = await client.query<{ id: string }>({
      name: 'store',
      text: `insert into message (session_id, seq, sender_id, actor_id, type, content, client_message_id, created_at, v)
             values ($1, $2, $3, $3, $4, $5, $6, $7, $7) returning id`,
      values: [draft.sessionId, seq, draft.actorId, draft.type, draft.content, draft.clientMessageId, v],
    })
    await client.query({
      name: 'show',
      text: `with head as (update session_head set last_message_id = $2 where session_id = $1)
             update conversation set read_count = $3, v = $4 where user_id = $5 and session_id = $1`,
      values: [draft.sessionId, stored.rows[0]?.id, seq, v, draft.actorId],
    })
    const { topic, syncs } = sessionChanged({ type: 'group', id: draft.sessionId, mts: Number(mts) })
    await client.query({
      name: 'announce',
      text: `insert into outbox (topic, kind, syncs, mts, v) values ($1, 'messages', $2, $3, $4)
             on conflict (topic, kind) do update set v = excluded.v, leased_until = '-infinity'`,
      values: [topic, JSON.stringify(syncs), mts, v],
    })
    await client.query('commit')
  } catch (error) {
    await client.query('rollback')
    throw error
  } finally {
    client.release()
  }
}

type HttpLoad = Load<typeof import('./loads/http.js')>

async function compareServers(
  workshop: Awaited<ReturnType<typeof openWorkshop>>,
  { people, sessions }: Places,
): Promise<void> {
  const nudge = await startNudge({ ...workshop, processes: 2 })
  const load: HttpLoad = await startLoad('http')
  const port = await freePort()
  const json = {
    id: '1',
    sessionId: '1',
    sender: '1',
    type: 'text',
    content: '',
    clientMessageId: 'x'.repeat(24),
  }
  const times = { isDelete: false, createdAt: new Date().toISOString(), updatedAt: new Date().toISOString() }
  const args = ['--import', 'tsx', 'bench/peers/express.ts', `${port}`, JSON.stringify({ ...json, ...times })]
  const bare = await start(process.execPath, args, { isReady: () => accepts(port) })
  try {
    const head = [
      'sessions and server',
      'messages/s',
      'p50 ms',
      'p99 ms',
      'API core',
      'PostgreSQL',
      'load',
      'ratio',
    ]
    const table = new Table(head)
    const sides = [
      { name: 'bare Express', port, pids: { api: bare.pid } as Record<string, number> },
      { name: 'Nudge', port: nudge.apiPort, pids: { api: nudge.pids.api, postgres: workshop.postgresPid } },
    ]
    const tokens = people.map(accessToken)
    for (const [where, sessionIds] of wheres(sessions)) {
      const shares = new Map<string, Record<string, number>>()
      const results = await inTurns(sides, async (side) => {
        const cpu = watchCpu(side.pids)
        const plan = {
          port: side.port,
          connections: SENDERS,
          seconds: SECONDS,
          tokens,
          sessionIds: [...sessionIds],
        }
        const { value, busy } = await load.ask('send', plan)
        shares.set(side.name, { ...cpu(), busy })
        return value
      })
      sides.forEach(({ name }, n) => {
        const { perSecond, p50, p99 } = results[n] as Measured
        const { api = 0, postgres = 0, busy = 0 } = shares.get(name) ?? {}
        const cells = [perSecond, p50, p99].map(figure)
        const cores = [api, postgres, busy].map(percent)
        table.row([`${where}: ${name}`, ...cells, ...cores, ratio(perSecond, results[0]?.perSecond ?? 1)])
      })
    }
  } finally {
    await bare.stop()
    await load.stop()
    await nudge.stop()
  }
}
