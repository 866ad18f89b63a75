import { setTimeout as sleep } from 'node:timers/promises'
import pg from 'pg'
import { startAedes } from './peers/aedes.js'
import { type Peer, startMosquitto } from './peers/mosquitto.js'
import { shortageOf } from './tools/descriptors.js'
import { startLoad } from './tools/load.js'
import { startNudge } from './tools/nudge.js'
import { createPeople } from './tools/people.js'
import { figure, say, Table } from './tools/table.js'
import { memoryOf } from './tools/usage.js'
import { openWorkshop, type Workshop } from './tools/workshop.js'

const DEVICES = Number(process.env.DEVICES ?? 10_000)
/** Memory is looked at so often, and counts as settled when it has moved by less than 1 % in so long. */
const LOOK_MS = 500
const STEADY_MS = 5000
const MAX_WAIT_MS = 45_000

type Contender = Omit<Peer, 'stop'> & { isNudge: boolean }

/**
 * What a server's process grows by when 10,000 devices are connected and say nothing, each of another user: resident
 * memory, before anybody came against when it has settled. Every line is a new process; the kernel's own buffers of
 * the sockets are in none. No garbage is collected by order: what a server keeps until later is memory too.
 */
export async function run(): Promise<void> {
  const shortage = shortageOf(DEVICES)
  if (shortage) return say(shortage)
  const workshop = await openWorkshop()
  try {
    const table = new Table(['server', 'before MB', 'connected MB', 'settled MB', 'kB a device'])
    const starters = [startOurs(workshop), startMosquitto, startAedes]
    for (const [n, start] of starters.entries()) {
      for (const overWebSocket of [false, true]) {
        const server = await start()
        if (!server) {
          say('mosquitto is not installed: nothing is compared with it.')
          break
        }
        try {
          await measure(table, { ...server, isNudge: n === 0 }, overWebSocket, await peopleOf(workshop))
        } finally {
          await server.stop()
        }
      }
    }
  } finally {
    await workshop.close()
  }
}

/** Push apart from the API, so that its memory is that of push alone. */
function startOurs(workshop: Workshop): () => Promise<Peer> {
  return async () => {
    const { pids, mqttPort, wsPort, stop } = await startNudge({ ...workshop, processes: 2 })
    return { name: 'Nudge', pid: pids.push, mqttPort, wsPort, stop }
  }
}

/** Everybody, made when the first server has made the tables. */
async function peopleOf({ databaseUrl }: Workshop): Promise<string[]> {
  const db = new pg.Client(databaseUrl)
  await db.connect()
  try {
    const { rows } = await db.query<{ id: string }>('select id from app_user order by id')
    return rows.length > 0 ? rows.map(({ id }) => id) : await createPeople(db, DEVICES)
  } finally {
    await db.end()
  }
}

async function measure(
  table: Table,
  { name, pid, mqttPort, wsPort, isNudge }: Contender,
  overWebSocket: boolean,
  userIds: string[],
): Promise<void> {
  const load = await startLoad<typeof import('./loads/idle.js')>('idle')
  try {
    await settle(pid)
    const before = memoryOf(pid)
    const port = overWebSocket ? wsPort : mqttPort
    await load.ask('connectAll', { port, overWebSocket, userIds, areNudges: isNudge })
    const connected = memoryOf(pid)
    const settled = await settle(pid)
    const { value: open } = await load.ask('countOpen', null)
    if (open !== DEVICES) throw new Error(`${DEVICES - open} devices lost their connection to ${name}`)
    table.row([
      `${name}, ${overWebSocket ? 'WebSocket' : 'TCP'}`,
      ...[before, connected, settled].map((bytes) => figure(bytes / 1e6)),
      figure((settled - before) / DEVICES / 1e3),
    ])
  } finally {
    await load.stop()
  }
}

/** The memory once it is steady, or after a while. */
async function settle(pid: number): Promise<number> {
  const seen: number[] = []
  for (const deadline = performance.now() + MAX_WAIT_MS; performance.now() < deadline; ) {
    seen.push(memoryOf(pid))
    const last = seen.slice(-STEADY_MS / LOOK_MS)
    if (seen.length > last.length && Math.max(...last) - Math.min(...last) < Math.min(...last) / 100) break
    await sleep(LOOK_MS)
  }
  return seen.at(-1) as number
}
