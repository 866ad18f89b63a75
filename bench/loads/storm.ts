import { randomUUID } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import { Device } from '../tools/device.js'
import { accessToken, imToken } from '../tools/nudge.js'
import { RestConnection, requestBytes } from '../tools/rest.js'

const LIMIT_MS = 30_000
/** Who has no answer yet. With more than the kernel's queue takes, its timers would be measured: drops cost seconds. */
const AT_ONCE = 1000

interface Person {
  userId: string
  password: string
  pull: string
}

let people: Person[] = []
let devices: Device[] = []

/** Who is going to come, with all that it takes to ask for made beforehand. */
export async function prepare(userIds: string[]): Promise<void> {
  people = userIds.map((userId) => ({
    userId,
    password: imToken(userId),
    pull: requestBytes('GET', `/v1/users/${userId}/userConversations`, {
      token: accessToken(userId),
      cursor: 0,
    }),
  }))
}

export interface Came {
  seconds: number
  /** What went wrong, and how often. */
  errors: Record<string, number>
}

/**
 * Everybody connects, AT_ONCE at a time, and who is in pulls at once if `pulls` says over how many connections they do:
 * as behind a load balancer, which keeps some to each API. Ends when all are done.
 */
export async function come(wanted: { mqttPort: number; apiPort: number; pulls: number }): Promise<Came> {
  const errors: Record<string, number> = {}
  const note = (what: string, error: unknown) => {
    const reason = `${what}: ${(error as Error).message}`
    errors[reason] = (errors[reason] ?? 0) + 1
  }
  const api = new Pool(wanted.apiPort, wanted.pulls)
  const began = performance.now()
  const waiting = [...people]
  const comeOneByOne = async () => {
    for (let one = waiting.pop(); one; one = waiting.pop()) {
      try {
        await connect(one, wanted.mqttPort, (error) => note('lost', error))
        if (wanted.pulls > 0) pulled.push(api.pull(one.pull).catch((error) => note('failed', error)))
      } catch (error) {
        note('failed', error)
      }
    }
  }
  const pulled: Promise<void>[] = []
  const all = Promise.all(Array.from({ length: AT_ONCE }, comeOneByOne)).then(() => Promise.all(pulled))
  const isInTime = await Promise.race([all.then(() => true), sleep(LIMIT_MS, false, { ref: false })])
  if (!isInTime) note('failed', new Error('somebody had to wait too long'))
  const seconds = (performance.now() - began) / 1000
  api.close()
  return { seconds, errors }
}

async function connect(
  { userId, password }: Person,
  port: number,
  onLost: (error: Error) => void,
): Promise<void> {
  const clientId = `1w${randomUUID()}`
  const device = new Device({ port, clientId, username: userId, password, onLost })
  devices.push(device)
  await device.accepted
}

/** Everybody goes. */
export async function leave(_: null): Promise<void> {
  for (const device of devices) device.close()
  devices = []
}

/** Connections to the API; who finds none that is free waits for one. */
class Pool {
  readonly #free: RestConnection[]
  readonly #waiting: ((free: RestConnection) => void)[] = []

  constructor(
    private readonly port: number,
    count: number,
  ) {
    this.#free = Array.from({ length: count }, () => new RestConnection(port))
  }

  async pull(request: string): Promise<void> {
    const free = this.#free.pop()
    let connection = free ?? (await new Promise<RestConnection>((resolve) => this.#waiting.push(resolve)))
    if (!connection.isUsable) {
      connection.close()
      connection = new RestConnection(this.port)
    }
    try {
      const { status, body } = await connection.send(request)
      const { total_count: count } = JSON.parse(body.toString())
      if (status !== 200 || count !== 1) throw new Error(`${status} with ${count} rows`)
    } finally {
      const next = this.#waiting.shift()
      if (next) next(connection)
      else this.#free.push(connection)
    }
  }

  /** When nobody pulls any more. */
  close(): void {
    for (const connection of this.#free) connection.close()
  }
}
