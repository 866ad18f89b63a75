import pg from 'pg'
import { SERVICE_USERNAME } from '../shared/server/announce-frame.js'
import { SyncType } from '../shared/wire/sync-types.js'
import { sessionTopic, userTopic } from '../shared/wire/topics.js'
import { startAedes } from './peers/aedes.js'
import { type Peer, startMosquitto } from './peers/mosquitto.js'
import { type Load, startLoad } from './tools/load.js'
import { imToken, type Nudge, serviceToken, startNudge } from './tools/nudge.js'
import { createGroups, createPeople } from './tools/people.js'
import { median, spreadOf } from './tools/spread.js'
import { figure, percent, ratio, say, Table } from './tools/table.js'
import { cpuOf } from './tools/usage.js'
import { openWorkshop } from './tools/workshop.js'

const DEVICES = Number(process.env.DEVICES ?? 1000)
const ROUNDS = Number(process.env.ROUNDS ?? 3)
const FOR_MS = Number(process.env.FOR_MS ?? 700)
/** Messages on their way at a time, when it should go as fast as it can. */
const WINDOW = 32

const TASKS = {
  one: 'custom messages, one at a time',
  many: `custom messages, ${WINDOW} at a time`,
  news: `"look here", ${WINDOW} at a time`,
}
type Task = keyof typeof TASKS

interface Measured {
  /** Published or announced. */
  messages: number
  deliveries: number
  seconds: number
  /** The ms from a PUBLISH to the last device that got it. */
  lastMs: number[]
  cpuSeconds: number
  /** Of a core, what the generator took. */
  busy: number
}

interface Contender {
  name: string
  crowd: string
  pid: number
  run(task: Task): Promise<Omit<Measured, 'cpuSeconds'>>
}

type FanoutLoad = Load<typeof import('./loads/fanout.js')>

/**
 * One publishes, 1000 devices get it. Custom messages reach every device one by one, in Nudge as in a plain broker.
 * That a session has changed is a state: a broker carries every word of it, Nudge tells of the newest only.
 *
 * The devices of all get the same bytes on equally long topics at QoS 0, in turns. What counts is the CPU time of the
 * server's process, so that neither waiting nor the generator does. A run ends when all devices have got everything,
 * or are told of the newest stamp; that nothing was lost or came twice is part of it.
 */
export async function run(): Promise<void> {
  const workshop = await openWorkshop()
  const closers: (() => Promise<unknown>)[] = [workshop.close]
  try {
    const nudge = await startNudge({ ...workshop, processes: 2 })
    closers.push(nudge.stop)
    const load: FanoutLoad = await startLoad('fanout')
    closers.push(load.stop)
    const mosquitto = await startMosquitto()
    if (!mosquitto) say('mosquitto is not installed: nothing is compared with it.')
    const peers = [...(mosquitto ? [mosquitto] : []), await startAedes()]
    for (const peer of peers) closers.push(peer.stop)
    const group = await createGroup(workshop.databaseUrl)

    const base = mosquitto ? 'mosquitto' : 'Aedes'
    const table = new Table(
      [
        'what',
        'server',
        'messages/s',
        'deliveries/CPU s',
        'messages/CPU s',
        `to ${base}`,
        'last p50 ms',
        'last p99 ms',
        'server',
        'generator',
      ],
      { 0: 44, 1: 18 },
    )
    for (const overWebSocket of [false, true]) {
      const contenders = [await gatherNudge(load, nudge, group, overWebSocket)]
      for (const peer of peers) contenders.push(await gatherPeer(load, peer, group, overWebSocket))
      for (const task of Object.keys(TASKS) as Task[]) {
        const results = await inTurns(contenders, task)
        print(table, `${overWebSocket ? 'WebSocket' : 'TCP'}: ${TASKS[task]}`, contenders, results)
      }
      // Otherwise everybody had two devices next.
      for (const { crowd } of contenders) await load.ask('disperse', crowd)
    }
  } finally {
    for (const close of closers.reverse()) await close()
  }
}

interface Group {
  sessionId: string
  senderId: string
  memberIds: string[]
}

/** A group of everybody and one more who sends. */
async function createGroup(databaseUrl: string): Promise<Group> {
  const db = new pg.Client(databaseUrl)
  await db.connect()
  try {
    const people = await createPeople(db, DEVICES + 1)
    const [sessionId] = await createGroups(db, [people])
    const [senderId, ...memberIds] = people
    return { sessionId: sessionId as string, senderId: senderId as string, memberIds }
  } finally {
    await db.end()
  }
}

/** That of every session which `createGroups` makes. */
const MTS = 1
/** A member's word that is no state, and the API's that is one. */
const custom = { syncs: [{ type: 'position', content: 'x'.repeat(100) }] }
const newsOf = ({ sessionId }: Group) => ({
  syncs: [{ type: SyncType.userConversations }, { type: SyncType.messages, sessionId: `group_${sessionId}` }],
})

/** The bytes that a device of Nudge gets. */
function receivedOf(task: Task, group: Group): string {
  return task === 'news'
    ? JSON.stringify({ cmd: 'sendMessage', message: newsOf(group), stamp: Date.now(), mts: MTS })
    : JSON.stringify({ cmd: 'sendMessage', message: custom })
}

async function gatherNudge(
  load: FanoutLoad,
  nudge: Nudge,
  group: Group,
  overWebSocket: boolean,
): Promise<Contender> {
  const crowd = `Nudge ${overWebSocket}`
  const login = (userId: string) => ({ username: userId, password: imToken(userId) })
  await load.ask('gather', {
    crowd,
    port: overWebSocket ? nudge.wsPort : nudge.mqttPort,
    overWebSocket,
    devices: group.memberIds.map(login),
    sender: login(group.senderId),
    announcer: { username: SERVICE_USERNAME, password: serviceToken() },
  })
  const topic = sessionTopic('group', group.sessionId)
  return {
    name: 'Nudge',
    crowd,
    pid: nudge.pids.push,
    async run(task) {
      if (task === 'news') {
        const news = { crowd, topic, mts: MTS, ...newsOf(group), window: WINDOW, forMs: FOR_MS }
        const { value, busy } = await load.ask('announceToAll', news)
        return { ...value, lastMs: [], busy }
      }
      const { value, busy } = await load.ask('sendToAll', {
        crowd,
        topic,
        payload: JSON.stringify({ cmd: 'sendMessage', y2wMessageId: 'one', mts: MTS, message: custom }),
        receivedBytes: receivedOf(task, group).length,
        window: task === 'one' ? 1 : WINDOW,
        forMs: FOR_MS,
      })
      return { ...value, busy }
    },
  }
}

async function gatherPeer(
  load: FanoutLoad,
  { name, pid, mqttPort, wsPort }: Peer,
  group: Group,
  overWebSocket: boolean,
): Promise<Contender> {
  const crowd = `${name} ${overWebSocket}`
  // As long as those that Nudge's devices receive on.
  const topic = userTopic('1000')
  await load.ask('gather', {
    crowd,
    port: overWebSocket ? wsPort : mqttPort,
    overWebSocket,
    topic,
    devices: group.memberIds.map(() => ({})),
    sender: {},
  })
  return {
    name,
    crowd,
    pid,
    async run(task) {
      const payload = receivedOf(task, group)
      const window = task === 'one' ? 1 : WINDOW
      const sent = { crowd, topic, payload, receivedBytes: payload.length, window, forMs: FOR_MS }
      const { value, busy } = await load.ask('sendToAll', sent)
      return { ...value, busy }
    },
  }
}

/** Every contender's rounds; one round of each after the other, as the machine is not always equally fast. */
async function inTurns(contenders: Contender[], task: Task): Promise<Measured[][]> {
  const results: Measured[][] = contenders.map(() => [])
  // What is compiled and learnt on the way is not measured.
  for (let round = -1; round < ROUNDS; round += 1) {
    for (const [n, { pid, run }] of contenders.entries()) {
      const before = cpuOf(pid)
      const measured = await run(task)
      if (round >= 0) results[n]?.push({ ...measured, cpuSeconds: cpuOf(pid) - before })
    }
  }
  return results
}

function print(table: Table, what: string, contenders: Contender[], results: Measured[][]): void {
  const perCpu = ({ messages, cpuSeconds }: Measured) => messages / cpuSeconds
  const base = median((results[1] ?? []).map(perCpu))
  for (const [n, rounds] of results.entries()) {
    const middle = (of: (round: Measured) => number) => median(rounds.map(of))
    const last = spreadOf(rounds.flatMap(({ lastMs }) => lastMs))
    table.row([
      what,
      contenders[n]?.name ?? '',
      figure(middle(({ messages, seconds }) => messages / seconds)),
      figure(middle(({ deliveries, cpuSeconds }) => deliveries / cpuSeconds)),
      figure(middle(perCpu)),
      ratio(middle(perCpu), base),
      figure(last.p50),
      figure(last.p99),
      percent(middle(({ cpuSeconds, seconds }) => cpuSeconds / seconds)),
      percent(middle(({ busy }) => busy)),
    ])
  }
}
