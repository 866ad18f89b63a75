import { type ChildProcess, spawn } from 'node:child_process'
import { randomUUID } from 'node:crypto'
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { Agent, request } from 'node:http'
import { connect, type Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { generate, parser } from 'mqtt-packet'
import pg from 'pg'
import { freePort } from '../shared/server/free-port.js'
import { startEmbeddedPostgres } from '../shared/server/postgres/embedded.js'
import { createTokens } from '../shared/server/tokens.js'

const MEMBERS = 500
/** Members of the large group with a device that is connected, one each. */
const LISTENERS = 50
const SECONDS = 10
const RATES = { low: 10, moderate: 50 }
const WARM_UP = 200
/** How long (ms) after the last message a frame may still come. */
const LAST_WAIT_MS = 5000

const SECRET = 'a secret that is used in benchmarks only'
const tokens = createTokens(SECRET)
const agent = new Agent({ keepAlive: true })

/**
 * How long until a message makes a recipient's device look: from its POST to the frame that names its session with
 * its stamp or a newer one, so that a notification which stands for several messages counts for each of them.
 *
 * Two delays are given, because neither alone is honest. `sent -> frame` begins before the first byte of the POST is
 * written: it holds the whole request, the commit and the notification. `answered -> frame` begins when the answer
 * to the POST has been read whole, which is when the sender knows of the commit: it is what notifying adds to
 * storing. The commit itself cannot be seen from outside; it is a little before the answer, so this delay is a little
 * too short for `commit -> frame`, and it is below zero when the frame overtakes the answer.
 *
 * The server runs in processes of its own, as people start it, over real sockets, with commits that are synced to
 * disk. One process, this one, both sends and listens, so there is one clock; what it spends on parsing 50 devices'
 * frames is in the numbers. Messages are sent when their time has come, whether or not earlier ones are answered.
 */
export async function run(): Promise<void> {
  const dataDir = await mkdtemp(join(tmpdir(), 'nudge-bench-'))
  const postgres = await startEmbeddedPostgres({ dataDir })
  try {
    print(HEADS)
    let places: Places | undefined
    for (const processes of [1, 2] as const) {
      const servers = await startServers(processes, postgres.url, dataDir)
      try {
        places ??= await createPlaces(postgres.url)
        for (const place of [places.pair, places.group]) {
          for (const rate of [RATES.low, RATES.moderate]) {
            const measured = await measure(servers, place, rate)
            print([`${processes}`, place.name, `${place.listeners.length}`, `${rate}`, ...cells(measured)])
          }
        }
      } finally {
        await servers.stop()
      }
    }
  } finally {
    agent.destroy()
    await postgres.stop()
    await rm(dataDir, { recursive: true, force: true })
  }
}

interface Servers {
  apiPort: number
  mqttPort: number
  stop(): Promise<void>
}

/** Everything in one process, or api and push apart. */
async function startServers(processes: 1 | 2, databaseUrl: string, dataDir: string): Promise<Servers> {
  const [apiPort, mqttPort, wsPort] = (await Promise.all([freePort(), freePort(), freePort()])) as [
    number,
    number,
    number,
  ]
  const env = {
    ...process.env,
    DATABASE_URL: databaseUrl,
    DATA_DIR: dataDir,
    APP_KEY: 'bench',
    APP_SECRET: 'the secret of the app of benchmarks',
    TOKEN_SECRET: SECRET,
    RATE_LIMIT: 'off',
    API_PORT: `${apiPort}`,
    MQTT_PORT: `${mqttPort}`,
    WS_PORT: `${wsPort}`,
    API_URL: `http://127.0.0.1:${apiPort}`,
    PUSH_URL: `mqtt://127.0.0.1:${mqttPort}`,
  }
  const entries = processes === 1 ? ['main.ts'] : ['api/index.ts', 'push/index.ts']
  const children = entries.map((entry) =>
    spawn(process.execPath, ['--import', 'tsx', entry], {
      cwd: join(import.meta.dirname, '..'),
      env,
      stdio: ['ignore', 'ignore', 'inherit'],
    }),
  )
  const stop = async () => {
    await Promise.all(children.map(end))
  }
  try {
    await until(() => answers(apiPort), children)
    await until(() => accepts(mqttPort), children)
  } catch (error) {
    await stop()
    throw error
  }
  return { apiPort, mqttPort, stop }
}

async function end(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return
  const closed = once(child, 'close')
  child.kill()
  await closed
}

async function until(holds: () => Promise<boolean>, children: ChildProcess[]): Promise<void> {
  for (const deadline = Date.now() + 60_000; !(await holds()); await sleep(50)) {
    if (children.some(({ exitCode }) => exitCode !== null)) throw new Error('a server ended')
    if (Date.now() > deadline) throw new Error('a server is not ready')
  }
}

async function answers(apiPort: number): Promise<boolean> {
  try {
    return (await fetch(`http://127.0.0.1:${apiPort}/readyz`)).ok
  } catch {
    return false
  }
}

async function accepts(port: number): Promise<boolean> {
  const socket = connect(port, '127.0.0.1')
  try {
    await once(socket, 'connect')
    return true
  } catch {
    return false
  } finally {
    socket.destroy()
  }
}

/** Whose access token sends. */
const SENDER_LOGIN = randomUUID()

interface Place {
  name: string
  sessionId: string
  senderId: string
  /** Whose devices are connected. */
  listeners: string[]
}

interface Places {
  pair: Place
  group: Place
}

/** Sessions and members, below the API: adding 500 people is not what is measured. */
async function createPlaces(databaseUrl: string): Promise<Places> {
  const db = new pg.Client(databaseUrl)
  await db.connect()
  try {
    const people = await db.query<{ id: string }>(
      `insert into app_user (app_id, email, name, created_at, v)
       select 1, 'user' || n, 'user' || n, 1, 1 from generate_series(1, ${MEMBERS}) n returning id`,
    )
    const ids = people.rows.map(({ id }) => id)
    await db.query(
      'insert into login (id, user_id, created_at, expires_at) values ($1, $2, 1, 1e15::bigint)',
      [SENDER_LOGIN, ids[0]],
    )
    const [sender, ...others] = ids as [string, ...string[]]
    const createSession = async (type: 'p2p' | 'group', members: string[]): Promise<string> => {
      const { rows } = await db.query<{ id: string }>(
        `insert into session (app_id, type, pair_key, creator_id, mts, created_at, v)
         values (1, $1, $2, $3, 1, 1, 1) returning id`,
        [type, type === 'p2p' ? members.join('_') : null, sender],
      )
      const id = rows[0]?.id as string
      await db.query('insert into session_head (session_id, v) values ($1, 1)', [id])
      await db.query(
        `with joined as (
           insert into session_member (session_id, user_id, role, created_at, v)
           select $1, id, 'user', 1, 1 from unnest($2::bigint[]) as id returning id, user_id, session_id
         )
         insert into conversation (id, user_id, session_id, peer_id, read_count, joined_count, created_at, v)
         select id, user_id, session_id, (select id from unnest($2::bigint[]) as id where id <> user_id limit 1), 0, 0, 1, 1
         from joined`,
        [id, members],
      )
      if (type === 'group') {
        await db.query('update conversation set peer_id = null where session_id = $1', [id])
      }
      return id
    }
    const pair = [sender, others[0] as string]
    const pairId = await createSession('p2p', pair)
    const groupId = await createSession('group', ids)
    await db.query('analyze')
    return {
      pair: { name: '1:1', sessionId: pairId, senderId: sender, listeners: pair.slice(1) },
      group: {
        name: `group of ${MEMBERS}`,
        sessionId: groupId,
        senderId: sender,
        listeners: others.slice(0, LISTENERS),
      },
    }
  } finally {
    await db.end()
  }
}

/** A push that has just started lets nobody in until it has asked the API whose logins have ended. */
async function connectListener(port: number, userId: string, sessionId: string): Promise<Listener> {
  for (const deadline = Date.now() + 10_000; ; await sleep(100)) {
    const listener = new Listener(port, userId, sessionId)
    try {
      await listener.ready
      return listener
    } catch (error) {
      if (Date.now() > deadline) throw error
    }
  }
}

/** A recipient's device: notes when it was told of the session, up to which stamp. */
class Listener {
  readonly told: { at: number; stamp: number }[] = []
  readonly #socket: Socket
  /** Rejects when push closes before it has let the device in. */
  readonly ready: Promise<void>

  constructor(port: number, userId: string, sessionId: string) {
    this.#socket = connect({ port, host: '127.0.0.1', noDelay: true })
    const packets = parser()
    this.#socket.on('data', (data) => packets.parse(data))
    this.ready = new Promise((resolve, reject) => {
      this.#socket.on('error', reject)
      this.#socket.on('close', () => reject(new Error('push let nobody in')))
      packets.on('packet', (packet) => {
        if (packet.cmd !== 'publish') return
        const at = performance.now()
        const frame = JSON.parse(packet.payload.toString())
        if (frame.returnCode === 11) resolve()
        const syncs: { sessionId?: string }[] = frame.message?.syncs ?? []
        if (syncs.some((sync) => sync.sessionId?.endsWith(`_${sessionId}`))) {
          this.told.push({ at, stamp: frame.stamp })
        }
      })
    })
    this.#socket.write(
      generate({
        cmd: 'connect',
        protocolId: 'MQTT',
        protocolVersion: 4,
        clean: true,
        clientId: randomUUID(),
        keepalive: 300,
        username: userId,
        password: Buffer.from(tokens.sign('im', { sub: userId, app: '1', login: randomUUID() })),
      }),
    )
  }

  isTold(stamp: number): boolean {
    return (this.told.at(-1)?.stamp ?? 0) >= stamp
  }

  close(): void {
    this.#socket.destroy()
  }
}

interface Sent {
  sentAt: number
  answeredAt: number
  stamp: number
}

interface Measured {
  answered: number[]
  sentToFrame: number[]
  answeredToFrame: number[]
  missing: number
}

async function measure({ apiPort, mqttPort }: Servers, place: Place, rate: number): Promise<Measured> {
  const listeners = await Promise.all(
    place.listeners.map((id) => connectListener(mqttPort, id, place.sessionId)),
  )
  try {
    const token = tokens.sign('access', { sub: place.senderId, app: '1', login: SENDER_LOGIN })
    const send = () => post(apiPort, place, token)
    await atRate(send, RATES.moderate, WARM_UP)
    const sent = await atRate(send, rate, rate * SECONDS)

    const newest = Math.max(...sent.map(({ stamp }) => stamp))
    for (const deadline = Date.now() + LAST_WAIT_MS; Date.now() < deadline; await sleep(10)) {
      if (listeners.every((listener) => listener.isTold(newest))) break
    }
    const measured: Measured = { answered: [], sentToFrame: [], answeredToFrame: [], missing: 0 }
    for (const { sentAt, answeredAt, stamp } of sent) {
      measured.answered.push(answeredAt - sentAt)
      for (const { told } of listeners) {
        const frame = told.find((each) => each.stamp >= stamp)
        if (!frame) measured.missing += 1
        else {
          measured.sentToFrame.push(frame.at - sentAt)
          measured.answeredToFrame.push(frame.at - answeredAt)
        }
      }
    }
    return measured
  } finally {
    for (const listener of listeners) listener.close()
  }
}

/** Begins `count` sends, each at its time. */
async function atRate(send: () => Promise<Sent>, perSecond: number, count: number): Promise<Sent[]> {
  const began = performance.now()
  const sent: Promise<Sent>[] = []
  for (let n = 0; n < count; n += 1) {
    const waitMs = began + (n * 1000) / perSecond - performance.now()
    if (waitMs > 0) await sleep(waitMs)
    sent.push(send())
  }
  return Promise.all(sent)
}

function post(port: number, { sessionId, senderId }: Place, token: string): Promise<Sent> {
  const body = JSON.stringify({ sender: senderId, type: 'text', content: '{"text":"are you there?"}' })
  return new Promise((resolve, reject) => {
    const sentAt = performance.now()
    const req = request({
      port,
      host: '127.0.0.1',
      method: 'POST',
      path: `/v1/sessions/${sessionId}/messages`,
      agent,
      headers: {
        Authorization: `Bearer ${token}`,
        'Content-Type': 'application/json',
        'Content-Length': Buffer.byteLength(body),
      },
    })
    req.on('error', reject)
    req.on('response', (res) => {
      let text = ''
      res.setEncoding('utf8').on('data', (part) => {
        text += part
      })
      res.on('end', () => {
        const answeredAt = performance.now()
        if (res.statusCode !== 200) return reject(new Error(`${res.statusCode} ${text}`))
        resolve({ sentAt, answeredAt, stamp: Date.parse(JSON.parse(text).updatedAt) })
      })
    })
    req.end(body)
  })
}

const HEADS = [
  ...['processes', 'session', 'devices', 'msgs/s'],
  ...['sent -> answered: p50', 'p99', 'max ms'],
  ...['sent -> frame: p50', 'p99', 'max ms'],
  ...['answered -> frame: p50', 'p99', 'max ms'],
  ...['frames', 'missing'],
]

function cells({ answered, sentToFrame, answeredToFrame, missing }: Measured): string[] {
  return [
    ...[answered, sentToFrame, answeredToFrame].flatMap(percentiles),
    `${sentToFrame.length}`,
    `${missing}`,
  ]
}

function percentiles(delays: number[]): string[] {
  const sorted = delays.toSorted((a, b) => a - b)
  const at = (share: number) => sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))]
  return [at(0.5), at(0.99), sorted.at(-1)].map((ms) => (ms === undefined ? '-' : ms.toFixed(1)))
}

/** As wide as the column's head. */
function print(columns: string[]): void {
  const line = columns.map((column, n) =>
    column.padEnd(Math.max(HEADS[n]?.length ?? 0, n === 1 ? 12 : 6) + 2),
  )
  process.stdout.write(`${line.join('').trimEnd()}\n`)
}
