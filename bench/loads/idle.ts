import { randomUUID } from 'node:crypto'
import { Device } from '../tools/device.js'
import { imToken } from '../tools/nudge.js'

/** Devices that say hello at the same time: fewer than any server's queue of new connections takes. */
const AT_ONCE = 100

const devices: Device[] = []
let lost = 0

/** Connects one device for each user and keeps it. Peers ask nobody who he is: they subscribe to a topic each. */
export async function connectAll(wanted: {
  port: number
  overWebSocket: boolean
  userIds: string[]
  areNudges: boolean
}): Promise<void> {
  const { port, overWebSocket, areNudges } = wanted
  const waiting = [...wanted.userIds]
  const connectSome = async () => {
    for (let userId = waiting.pop(); userId !== undefined; userId = waiting.pop()) {
      const device = new Device({
        port,
        overWebSocket,
        clientId: `1w${randomUUID()}`,
        ...(areNudges && { username: userId, password: imToken(userId) }),
        onLost: () => {
          lost += 1
        },
      })
      await device.accepted
      if (!areNudges) await device.subscribe(`y2w/user/${userId}`)
      devices.push(device)
    }
  }
  await Promise.all(Array.from({ length: AT_ONCE }, connectSome))
}

/** How many are still connected. */
export async function countOpen(_: null): Promise<number> {
  return devices.length - lost
}
