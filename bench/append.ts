import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { sql } from 'kysely'
import { announce, sessionChanged } from '../api/announce/announce.js'
import { ensureApp } from '../api/apps/store.js'
import { type Db, migrate } from '../api/database/database.js'
import { openDatabase } from '../api/database/open.js'
import { append, createAppender } from '../api/messages/append.js'
import { appendMessages, type Draft } from '../api/messages/store.js'
import { createClock } from '../api/sync/clock.js'
import { Turns } from '../api/sync/turns.js'
import { createLog } from '../shared/server/log.js'
import { startEmbeddedPostgres } from '../shared/server/postgres/embedded.js'

const SENDERS = 64
const SESSIONS = 1000
const SECONDS = 4

type Append = (appId: string, draft: Draft) => Promise<unknown>

/**
 * What group commit is worth: durable sends below HTTP, 64 senders at a time, against a writer that takes
 * the clock's row lock for each message by itself. Same statements, same Postgres, one run.
 */
export async function run(): Promise<void> {
  const dataDir = await mkdtemp(join(tmpdir(), 'nudge-bench-'))
  const postgres = await startEmbeddedPostgres({ dataDir })
  const log = createLog('bench', 'warn')
  const db = openDatabase(
    { url: postgres.url, maxConnections: SENDERS + 4, timeoutMs: 10_000, isDurable: true },
    log,
  )
  try {
    await migrate(db)
    const { id: appId } = await ensureApp(db, { key: 'bench', secret: 'bench', name: 'bench', createdAt: 0 })
    const sessionIds = await createSessions(db, appId)
    const ctx = { db, clock: createClock(log), turns: new Turns(), wakeDrain: () => {} }
    const appender = createAppender(ctx)
    const together: Append = (app, draft) => append({ db, appender }, app, draft)
    const eachByItself: Append = (app, draft) =>
      db.transaction().execute(async (trx) => {
        const stamp = await ctx.clock.stamp(trx, app)
        const stored = await appendMessages(trx, stamp, app, [draft])
        await announce(
          trx,
          stamp,
          stored.map(({ session }) => sessionChanged(session)),
        )
      })

    const spread = () => sessionIds[Math.floor(Math.random() * sessionIds.length)] as string
    const hot = () => sessionIds[0] as string
    const inTurns: Append = (app, draft) => ctx.turns.take(app, () => eachByItself(app, draft))

    print(['sessions', 'writer', 'messages/s', 'p50 ms', 'p99 ms', 'ratio'])
    for (const [where, choose] of [
      [`spread over ${SESSIONS}`, spread],
      ['one hot', hot],
    ] as const) {
      await measure(together, appId, choose, 1)
      const alone = await measure(eachByItself, appId, choose, SECONDS)
      const queued = await measure(inTurns, appId, choose, SECONDS)
      const grouped = await measure(together, appId, choose, SECONDS)
      print([where, 'a transaction each', ...cells(alone), '1.0'])
      print([where, 'in turns', ...cells(queued), (queued.perSecond / alone.perSecond).toFixed(1)])
      print([where, 'group commit', ...cells(grouped), (grouped.perSecond / alone.perSecond).toFixed(1)])
    }
  } finally {
    await db.destroy()
    await postgres.stop()
    await rm(dataDir, { recursive: true, force: true })
  }
}

interface Measured {
  perSecond: number
  p50: number
  p99: number
}

async function measure(
  append: Append,
  appId: string,
  choose: () => string,
  seconds: number,
): Promise<Measured> {
  const latencies: number[] = []
  const until = performance.now() + seconds * 1000
  const send = async () => {
    while (performance.now() < until) {
      const started = performance.now()
      await append(appId, {
        sessionId: choose(),
        actorId: '1',
        senderId: '1',
        type: 'text',
        content: '{"text":"how much is it?"}',
        clientMessageId: null,
      })
      latencies.push(performance.now() - started)
    }
  }
  await Promise.all(Array.from({ length: SENDERS }, send))
  latencies.sort((a, b) => a - b)
  const at = (share: number) => latencies[Math.floor(latencies.length * share)] ?? 0
  return { perSecond: latencies.length / seconds, p50: at(0.5), p99: at(0.99) }
}

/** Sessions of one user with herself and a companion; all that appending needs. */
async function createSessions(db: Db, appId: string): Promise<string[]> {
  await sql`insert into app_user (app_id, email, name, created_at, v) values (${appId}, 'a', 'a', 0, 0), (${appId}, 'b', 'b', 0, 0)`.execute(
    db,
  )
  const { rows } = await sql<{ id: string }>`
    insert into session (app_id, type, creator_id, mts, created_at, v)
    select ${appId}, 'group', 1, 0, 0, 0 from generate_series(1, ${SESSIONS}) returning id`.execute(db)
  await sql`insert into session_head (session_id, v) select id, 0 from session`.execute(db)
  await sql`
    insert into session_member (session_id, user_id, role, created_at, v)
    select s.id, u.id, 'user', 0, 0 from session s, app_user u`.execute(db)
  await sql`
    insert into conversation (id, user_id, session_id, read_count, joined_count, created_at, v)
    select id, user_id, session_id, 0, 0, 0, 0 from session_member`.execute(db)
  await sql`analyze`.execute(db)
  return rows.map(({ id }) => id)
}

function cells({ perSecond, p50, p99 }: Measured): string[] {
  return [perSecond.toFixed(0), p50.toFixed(1), p99.toFixed(1)]
}

function print(columns: string[]): void {
  process.stdout.write(`${columns.map((column) => column.padEnd(20)).join('')}\n`)
}
