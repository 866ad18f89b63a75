import { randomUUID } from 'node:crypto'
import mqtt from 'mqtt'
import { z } from 'zod'
import { type AnnounceFrame, SERVICE_USERNAME } from '../../shared/server/announce-frame.js'
import type { Announcement, Announcer } from '../../shared/server/announcement.js'
import type { Log } from '../../shared/server/log.js'
import type { Tokens } from '../../shared/server/tokens.js'
import { ReturnCode } from '../../shared/wire/codes.js'

const ACK_TIMEOUT_MS = 3000
const RECONNECT_MS = 250

const Ack = z.object({ y2wMessageId: z.string(), returnCode: z.number() })

export interface RemoteAnnouncer extends Announcer {
  close(): Promise<void>
}

interface Pending {
  resolve(): void
  reject(error: Error): void
}

/**
 * Tells a push server in another process, as an MQTT client like any other but with a service token. An
 * announcement counts as told when its ack came; without a connection it fails at once, and the drain,
 * which has it in the database, tries again.
 */
export function connectAnnouncer(pushUrl: string, tokens: Tokens, log: Log): RemoteAnnouncer {
  const pending = new Map<string, Pending>()
  const token = () => tokens.sign('service', { sub: 'api' })
  const client = mqtt.connect(pushUrl, {
    clientId: `api-${randomUUID()}`,
    username: SERVICE_USERNAME,
    password: token(),
    reconnectPeriod: RECONNECT_MS,
    reconnectOnConnackError: true,
    queueQoSZero: false,
  })
  // Tokens are short-lived: every connection gets a new one.
  client.on('close', () => {
    client.options.password = token()
    for (const { reject } of pending.values()) reject(new Error('the connection to push was lost'))
  })
  // Once an outage: it is tried again four times a second.
  let isAway = false
  client.on('connect', () => {
    if (isAway) log.warn({ pushUrl }, 'push is back')
    isAway = false
  })
  client.on('error', (error) => {
    if (!isAway) log.warn({ pushUrl, reason: error.message }, 'push does not answer')
    isAway = true
  })
  client.on('message', (_topic, payload) => {
    const ack = Ack.safeParse(parseJson(payload))
    if (!ack.success) return
    const waiting = pending.get(ack.data.y2wMessageId)
    if (ack.data.returnCode === ReturnCode.delivered) waiting?.resolve()
    else waiting?.reject(new Error(`push answered with ${ack.data.returnCode}`))
  })

  return {
    async announce({ topic, stamp, mts, syncs }: Announcement) {
      if (!client.connected) throw new Error('push is not connected')
      const frame: AnnounceFrame = { cmd: 'announce', y2wMessageId: randomUUID(), stamp, mts, syncs }
      let timer: NodeJS.Timeout | undefined
      try {
        await new Promise<void>((resolve, reject) => {
          pending.set(frame.y2wMessageId, { resolve, reject })
          timer = setTimeout(() => reject(new Error('push did not answer in time')), ACK_TIMEOUT_MS)
          client.publish(topic, JSON.stringify(frame))
        })
      } finally {
        clearTimeout(timer)
        pending.delete(frame.y2wMessageId)
      }
    },

    isReachable: () => client.connected,

    close: () => client.endAsync(true),
  }
}

function parseJson(payload: Buffer): unknown {
  try {
    return JSON.parse(payload.toString())
  } catch {
    return undefined
  }
}
