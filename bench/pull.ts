import pg from 'pg'
import { freePort } from '../shared/server/free-port.js'
import type { GetPlan } from './loads/http.js'
import { type Load, startLoad } from './tools/load.js'
import { accessToken, type Nudge, startNudge } from './tools/nudge.js'
import { createGroups, createPeople } from './tools/people.js'
import { accepts, start } from './tools/processes.js'
import { median } from './tools/spread.js'
import { figure, percent, ratio, say, Table } from './tools/table.js'
import { watchCpu } from './tools/usage.js'
import { openWorkshop } from './tools/workshop.js'

const PEOPLE = 64
const SESSIONS = 200
const MESSAGES = 50
const SECONDS = 3
const ROUNDS = 3

type HttpLoad = Load<typeof import('./loads/http.js')>

/**
 * Pulls as devices make them: after a nudge one row has changed, or none has, or one conversation of 200. Against a
 * bare Express app that answers the same JSON without looking anything up.
 */
export async function run(): Promise<void> {
  const workshop = await openWorkshop()
  const nudge = await startNudge(workshop).catch(async (error) => {
    await workshop.close()
    throw error
  })
  const load: HttpLoad = await startLoad('http')
  try {
    const plans = await prepare(workshop.databaseUrl)
    const table = new Table(
      ['pull', 'server', 'pulls/s', 'p50 ms', 'p99 ms', 'API core', 'PostgreSQL', 'load', 'ratio'],
      { 1: 14, 6: 10 },
    )
    for (const [name, requests] of Object.entries(plans)) {
      if (!name.includes(process.argv[3] ?? '')) continue
      const json = await answerOf(nudge, requests[0] as Request)
      const bare = await startBare(json)
      const sides = [
        {
          name: 'bare Express',
          port: bare.port,
          pids: { api: bare.pid } as Record<string, number>,
          results: [] as Measured[],
        },
        {
          name: 'Nudge',
          port: nudge.apiPort,
          pids: { api: nudge.pids.api, postgres: workshop.postgresPid },
          results: [] as Measured[],
        },
      ]
      for (let round = 0; round <= ROUNDS; round += 1) {
        for (const { port, pids, results } of sides) {
          const measured = await measure(load, pids, {
            port,
            requests,
            connections: PEOPLE,
            seconds: SECONDS,
          })
          // The first round warms up.
          if (round > 0) results.push(measured)
        }
      }
      await bare.stop()
      const [base = 1] = sides.map(({ results }) => median(results.map(({ perSecond }) => perSecond)))
      for (const { name: server, results } of sides) {
        const of = (field: keyof Measured) => median(results.map((each) => each[field]))
        table.row([
          name,
          server,
          figure(of('perSecond')),
          ...(['p50', 'p99'] as const).map((field) => figure(of(field))),
          ...(['api', 'postgres', 'busy'] as const).map((field) => percent(of(field))),
          ratio(of('perSecond'), base),
        ])
      }
    }
    say(
      `\nThe load generator alone can do ${figure(await ceiling(load))} requests a second against a server that only answers.`,
    )
  } finally {
    await load.stop()
    await nudge.stop()
    await workshop.close()
  }
}

type Request = GetPlan['requests'][number]

interface Measured {
  perSecond: number
  p50: number
  p99: number
  /** Shares of a core. */
  api: number
  postgres: number
  busy: number
}

async function measure(load: HttpLoad, pids: Record<string, number>, plan: GetPlan): Promise<Measured> {
  const cpu = watchCpu(pids)
  const { value, busy } = await load.ask('get', plan)
  return { ...value, api: 0, postgres: 0, ...cpu(), busy }
}

/** What the load generator can do when nothing holds it up. */
async function ceiling(load: HttpLoad): Promise<number> {
  const port = await freePort()
  const server = await start(process.execPath, ['--import', 'tsx', 'bench/peers/null-server.ts', `${port}`], {
    isReady: () => accepts(port),
  })
  const { value } = await load.ask('get', {
    port,
    connections: PEOPLE,
    seconds: SECONDS,
    requests: [{ path: '/', token: accessToken('1') }],
  })
  await server.stop()
  return value.perSecond
}

async function startBare(json: string) {
  const port = await freePort()
  const args = ['--import', 'tsx', 'bench/peers/express.ts', `${port}`, json]
  return { port, ...(await start(process.execPath, args, { isReady: () => accepts(port) })) }
}

async function answerOf({ apiPort }: Nudge, { path, token, cursor }: Request): Promise<string> {
  const headers = { Authorization: `Bearer ${token}`, 'Client-Sync-Time': `${cursor}` }
  const answer = await fetch(`http://127.0.0.1:${apiPort}${path}`, { headers })
  const text = await answer.text()
  if (!answer.ok) throw new Error(`${answer.status} ${text}`)
  return text
}

/** Everybody is in all sessions that one has a list of; messages have stamps 1001, 1002 and so on. */
async function prepare(databaseUrl: string): Promise<Record<string, Request[]>> {
  const db = new pg.Client(databaseUrl)
  await db.connect()
  try {
    const people = await createPeople(db, PEOPLE)
    const sessions = await createGroups(
      db,
      Array.from({ length: SESSIONS }, () => people),
    )
    // Message n of session s has the stamp 1000 + n * SESSIONS + s: the newest of each session is above all others' before.
    await db.query(
      `insert into message (session_id, seq, sender_id, actor_id, type, content, created_at, v)
       select s.id, n, $1, $1, 'text', '{"text":"how much is it?"}', 1000 + n * $3 + s.place, 1000 + n * $3 + s.place
       from generate_series(1, $2::int) n, unnest($4::bigint[]) with ordinality as s (id, place)`,
      [people[0], MESSAGES, SESSIONS, sessions],
    )
    await db.query(
      `update session_head h set message_count = last.seq, last_message_id = last.id, v = last.v
       from (select distinct on (session_id) session_id, seq, id, v from message order by session_id, seq desc) last
       where last.session_id = h.session_id`,
    )
    await db.query('update conversation set read_count = $1', [MESSAGES])
    await db.query('update app_clock set v = 1000000')
    await db.query('analyze')
    const newest = (place: number) => 1000 + MESSAGES * SESSIONS + place
    const pulls = (behind: number, suffix: string): Request[] =>
      sessions.map((id, n) => ({
        path: `/v1/sessions/${id}/messages?limit=100${suffix}`,
        token: accessToken(people[n % PEOPLE] as string),
        cursor: newest(n + 1) - behind,
      }))
    return {
      'messages, one is new': pulls(1, '&unread=keep'),
      'messages, one is new, marked as read': pulls(1, ''),
      'messages, nothing is new': pulls(0, '&unread=keep'),
      'conversations, 1 of 200 has changed': people.map((id) => ({
        path: `/v1/users/${id}/userConversations?limit=1000`,
        token: accessToken(id),
        cursor: newest(SESSIONS) - 1,
      })),
    }
  } finally {
    await db.end()
  }
}
