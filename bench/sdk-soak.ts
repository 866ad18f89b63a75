import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { WebSocket } from 'ws'
import { freePort } from '../shared/server/free-port.js'

const MINUTES = Number(process.env.SOAK_MINUTES ?? 10)
const PER_SECOND = 50
const SAMPLE_MS = 30_000
const FLAP_EVERY_MS = 60_000
const FLAP_MS = 3000
/** A heap that grows by less than this an hour (MiB) is flat: what is left is noise of the last samples. */
const FLAT_MB_PER_HOUR = 12

/** What is used of the SDK. Spelled out, because its sources want the types of browsers, which the rest is not given. */
interface Sdk {
  createClient(options: object): Client
  webSocketTransport(options: object): unknown
}
interface Client {
  me?: { id: string }
  state: string
  sessions: { p2p(userId: string): Promise<Session> }
  conversations: { size: number }
  register(account: object): Promise<void>
  login(account: object): Promise<unknown>
  until(state: string): Promise<void>
  on(name: string, listener: (event: never) => void): void
  close(): Promise<void>
}
interface Session {
  id: string
  messages: { open(): Promise<void>; size: number }
  markRead(): Promise<void>
  sendText(words: string): { whenStored(): Promise<unknown> }
}

/**
 * Whether the memory of a client stays flat: one that has a busy session open, which takes 50 messages a second,
 * sends one, reads, and loses its network once a minute. The server is a process of its own; who writes to the client
 * is this process, without the SDK. `SOAK_MINUTES=2` for less.
 */
export async function run(): Promise<void> {
  const dataDir = await mkdtemp(join(tmpdir(), 'nudge-soak-'))
  const server = await startServer(dataDir)
  try {
    await soak(server)
  } finally {
    await end(server.child)
    await rm(dataDir, { recursive: true, force: true })
  }
}

async function soak({ url, wsUrl }: Server): Promise<void> {
  const { createClient, webSocketTransport } = (await import('../sdk/src/index.js' as string)) as Sdk
  const sockets = new Set<WebSocket>()
  let isDown = false
  class Socket extends WebSocket {
    constructor(address: string, protocol: string) {
      super(isDown ? 'ws://127.0.0.1:9' : address, protocol)
      sockets.add(this)
      this.on('close', () => sockets.delete(this))
    }
  }
  const account = (name: string) => ({ account: `${name}@example.com`, password: `of ${name}` })
  const client = createClient({
    url,
    pushUrl: wsUrl,
    mqtt: webSocketTransport({ WebSocket: Socket }),
    fetch: (input: string, init: RequestInit) =>
      isDown ? Promise.reject(new TypeError('the network is down')) : fetch(input, init),
  })
  let heard = 0
  const errors: string[] = []
  client.on('message', () => {
    heard += 1
  })
  client.on('error', (error) => errors.push(String(error)))
  await client.register({ ...account('alice'), name: 'alice' })
  await client.login(account('alice'))
  await client.until('live')
  const writer = await logIn(url, 'bob')
  const session = await client.sessions.p2p(writer.id)
  await session.messages.open()

  const gc = exposeGc()
  const stop = new AbortController()
  let written = 0
  let sent = 0
  let settled = 0
  let lost = 0
  const every = (ms: number, act: () => unknown) => {
    const timer = setInterval(() => void act(), ms)
    stop.signal.addEventListener('abort', () => clearInterval(timer))
  }
  every(1000 / PER_SECOND, async () => {
    const isStored = await writer.send(session.id, `message ${written}`)
    if (isStored) written += 1
  })
  every(1000, () => {
    sent += 1
    session
      .sendText(`own ${sent}`)
      .whenStored()
      .then(
        () => {
          settled += 1
        },
        () => {
          lost += 1
        },
      )
  })
  every(5000, () => session.markRead().catch(() => {}))
  every(FLAP_EVERY_MS, async () => {
    isDown = true
    for (const socket of sockets) socket.terminate()
    await sleep(FLAP_MS)
    isDown = false
  })

  print(['min', 'heap MiB', 'rss MiB', 'written', 'heard', 'own sent', 'stored', 'shown', 'state'])
  const samples: { hours: number; mb: number }[] = []
  const beganAt = performance.now()
  while (performance.now() - beganAt < MINUTES * 60_000) {
    await sleep(SAMPLE_MS)
    gc()
    gc()
    const { heapUsed, rss } = process.memoryUsage()
    const minutes = (performance.now() - beganAt) / 60_000
    samples.push({ hours: minutes / 60, mb: heapUsed / 2 ** 20 })
    print([
      minutes.toFixed(1),
      (heapUsed / 2 ** 20).toFixed(2),
      (rss / 2 ** 20).toFixed(0),
      `${written}`,
      `${heard}`,
      `${sent}`,
      `${settled}`,
      `${session.messages.size}`,
      client.state,
    ])
  }
  stop.abort()
  await client.until('live')
  await sleep(2000)
  await client.close()

  // The storage and the list of messages fill up first.
  const steady = samples.slice(Math.floor(samples.length / 3))
  const slope = slopeOf(steady)
  const isFlat = slope < FLAT_MB_PER_HOUR
  process.stdout.write(
    `\n${isFlat ? 'flat' : 'NOT FLAT'}: ${slope.toFixed(1)} MiB/h over the last ${steady.length} of ${samples.length} samples; ` +
      `${heard} of ${written + sent} told (and the system's own), ${lost} lost, errors: ${errors.length} ${errors.slice(0, 3)}\n`,
  )
  if (!isFlat) process.exitCode = 1
}

/** The median of the slopes between any two samples: one that fell into a flap moves it little (Theil and Sen). */
function slopeOf(samples: { hours: number; mb: number }[]): number {
  const slopes = samples.flatMap((a, n) =>
    samples.slice(n + 1).map((b) => (b.mb - a.mb) / (b.hours - a.hours)),
  )
  return slopes.sort((a, b) => a - b)[Math.floor(slopes.length / 2)] ?? 0
}

function exposeGc(): () => void {
  setFlagsFromString('--expose-gc')
  return runInNewContext('gc') as () => void
}

interface Server {
  child: ChildProcess
  url: string
  wsUrl: string
}

async function startServer(dataDir: string): Promise<Server> {
  const [api, mqtt, ws] = [await freePort(), await freePort(), await freePort()]
  const child = spawn(process.execPath, ['--import', 'tsx', 'main.ts'], {
    cwd: join(import.meta.dirname, '..'),
    env: {
      ...process.env,
      DATA_DIR: dataDir,
      RATE_LIMIT: 'off',
      API_PORT: `${api}`,
      MQTT_PORT: `${mqtt}`,
      WS_PORT: `${ws}`,
      LOG_LEVEL: 'warn',
    },
    stdio: ['ignore', 'ignore', 'inherit'],
  })
  const url = `http://127.0.0.1:${api}`
  for (const deadline = Date.now() + 60_000; !(await isReady(url)); await sleep(100)) {
    if (child.exitCode !== null || Date.now() > deadline) throw new Error('the server is not ready')
  }
  return { child, url, wsUrl: `ws://127.0.0.1:${ws}/mqtt` }
}

async function end(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return
  const closed = once(child, 'close')
  child.kill()
  await closed
}

async function isReady(url: string): Promise<boolean> {
  try {
    return (await fetch(`${url}/readyz`)).ok
  } catch {
    return false
  }
}

/** Somebody who writes without the SDK. */
async function logIn(url: string, name: string) {
  const post = async (path: string, json: object, token?: string) => {
    const response = await fetch(`${url}/v1/${path}`, {
      method: 'POST',
      headers: { 'Content-Type': 'application/json', ...(token && { Authorization: `Bearer ${token}` }) },
      body: JSON.stringify(json),
    })
    return { ok: response.ok, body: (await response.json()) as { id: string; token: string } }
  }
  const account = { email: `${name}@example.com`, password: `of ${name}` }
  await post('users/register', { ...account, name })
  const { body: login } = await post('users/login', account)
  return {
    id: login.id,
    send: async (sessionId: string, words: string) => {
      const json = { type: 'text', content: JSON.stringify({ text: words }) }
      return (
        (await post(`sessions/${sessionId}/messages`, json, login.token).catch(() => undefined))?.ok === true
      )
    },
  }
}

const print = (cells: string[]) =>
  process.stdout.write(`${cells.map((cell, n) => cell.padStart(n === 0 ? 5 : 9)).join(' ')}\n`)
