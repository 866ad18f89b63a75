import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { afterAll } from '@jest/globals'
import { freePort } from '../../shared/server/free-port.js'
import { stopLeftPostgres } from './left-postgres.js'

const ROOT = join(import.meta.dirname, '../..')
/** How long (ms) a process may take until it is ready, on a busy machine. */
const READY_LIMIT_MS = 60_000
/** How long (ms) a process may take to stop after the tests before it is killed. */
const STOP_LIMIT_MS = 10_000

/** What people start: everything in one process, or api and push apart. */
export type Entry = 'main.js' | 'api/index.js' | 'push/index.js'

export interface Exit {
  code: number | null
  signal: NodeJS.Signals | null
}

export interface RunningProcess {
  child: ChildProcess
  /** Where the REST API is: `http://127.0.0.1:<port>`. */
  url: string
  /** MQTT over TCP: `mqtt://127.0.0.1:<port>`. */
  mqttUrl: string
  /** MQTT over WebSocket: `ws://127.0.0.1:<port>`. */
  wsUrl: string
  ports: { api: number; mqtt: number; ws: number }
  dataDir: string
  /** Sends a signal (default SIGTERM) and waits for the exit. */
  kill(signal?: NodeJS.Signals): Promise<Exit>
  exited: Promise<Exit>
  /** Everything on stdout and stderr so far. */
  output(): string
}

/** Closed in reverse after the file's last test. */
const leftovers: (() => Promise<void>)[] = []

afterAll(async () => {
  for (let end = leftovers.pop(); end; end = leftovers.pop()) await end()
}, 60_000)

/**
 * Runs `node dist/<entry>` and waits until it is ready: `GET /readyz` answers 200, or push takes connections.
 * Ports and DATA_DIR are the helper's own unless `env` names them; a DATA_DIR that `env` names is the
 * caller's to remove. Whatever still runs after the file's last test is stopped, its PostgreSQL included.
 * Rejects with the output when the process ends before it is ready.
 */
export async function startProcess(entry: Entry, env: NodeJS.ProcessEnv = {}): Promise<RunningProcess> {
  const dataDir = env.DATA_DIR ?? (await mkdtemp(join(tmpdir(), 'nudge-data-')))
  const ports = {
    api: Number(env.API_PORT ?? (await freePort())),
    mqtt: Number(env.MQTT_PORT ?? (await freePort())),
    ws: Number(env.WS_PORT ?? (await freePort())),
  }
  const child = spawn(process.execPath, [join('dist', entry)], {
    cwd: ROOT,
    env: {
      ...inherited(),
      DATA_DIR: dataDir,
      RATE_LIMIT: 'off',
      PASSWORD_COST: '10',
      API_PORT: String(ports.api),
      MQTT_PORT: String(ports.mqtt),
      WS_PORT: String(ports.ws),
      ...env,
    },
    stdio: ['ignore', 'pipe', 'pipe'],
  })

  let output = ''
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (text: string) => {
      output += text
    })
  }
  const exited = once(child, 'close').then(([code, signal]): Exit => ({ code, signal }))

  const running: RunningProcess = {
    child,
    url: `http://127.0.0.1:${ports.api}`,
    mqttUrl: `mqtt://127.0.0.1:${ports.mqtt}`,
    wsUrl: `ws://127.0.0.1:${ports.ws}`,
    ports,
    dataDir,
    kill: (signal = 'SIGTERM') => {
      child.kill(signal)
      return exited
    },
    exited,
    output: () => output,
  }
  leftovers.push(async () => {
    const hurry = setTimeout(() => child.kill('SIGKILL'), STOP_LIMIT_MS)
    await running.kill()
    clearTimeout(hurry)
    await stopLeftPostgres(dataDir)
    if (env.DATA_DIR === undefined) await rm(dataDir, { recursive: true, force: true })
  })

  const isReady = entry === 'push/index.js' ? () => accepts(ports.mqtt) : () => answersReady(running.url)
  await waitUntilReady(entry, isReady, running)
  return running
}

async function waitUntilReady(
  entry: Entry,
  isReady: () => Promise<boolean>,
  { exited, output }: RunningProcess,
): Promise<void> {
  const deadline = Date.now() + READY_LIMIT_MS
  let exit: Exit | undefined
  void exited.then((how) => {
    exit = how
  })
  while (!(await isReady())) {
    if (exit)
      throw new Error(`${entry} ended with ${exit.signal ?? exit.code} before it was ready:\n${output()}`)
    if (Date.now() > deadline)
      throw new Error(`${entry} is not ready after ${READY_LIMIT_MS} ms:\n${output()}`)
    await Promise.race([delay(50), exited])
  }
}

async function answersReady(url: string): Promise<boolean> {
  try {
    const response = await fetch(`${url}/readyz`)
    await response.arrayBuffer()
    return response.status === 200
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

/** The caller's environment without Nudge's settings, jest's flags for node, and npm's. */
function inherited(): NodeJS.ProcessEnv {
  const ours =
    /^(HOST|API_PORT|MQTT_PORT|WS_PORT|DATA_DIR|DATABASE_\w+|APP_KEY|APP_SECRET|TOKEN_SECRET|PUSH_URL|PUBLIC_PUSH_URL|RATE_LIMIT|PASSWORD_COST|TRUST_PROXY|LOG_LEVEL|NODE_ENV|NODE_OPTIONS|npm_\w+)$/
  return Object.fromEntries(Object.entries(process.env).filter(([name]) => !ours.test(name)))
}
