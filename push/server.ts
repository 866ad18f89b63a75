import type { IncomingMessage } from 'node:http'
import type { Duplex } from 'node:stream'
import type { Announcer } from '../shared/server/announcement.js'
import { Closers } from '../shared/server/closers.js'
import type { Log } from '../shared/server/log.js'
import type { MembershipSource } from '../shared/server/membership.js'
import type { Tokens } from '../shared/server/tokens.js'
import { ReturnCode } from '../shared/wire/codes.js'
import { planAnnouncement } from './announce.js'
import { createBroker } from './broker.js'
import type { PushConfig } from './config.js'
import { Connections } from './connections.js'
import { deliver } from './deliver.js'
import { openListeners } from './listeners.js'
import { MembershipCache } from './membership-cache.js'
import { Relay } from './relay.js'

export interface PushDeps {
  tokens: Tokens
  memberships: MembershipSource
  log: Log
  now?: () => number
}

/** A push server that listens. It announces what an API in the same process tells it. */
export interface PushServer extends Announcer {
  /** The ports that were really bound. */
  ports: { mqtt: number; ws: number }
  /** Connections of users right now. */
  readonly connectionCount: number
  /** Takes a WebSocket upgrade from an HTTP server that listens elsewhere. */
  handleUpgrade(req: IncomingMessage, socket: Duplex, head: Buffer): void
  close(): Promise<void>
}

/** Starts to listen. Throws ConfigError when a port cannot be had. */
export async function createPushServer(
  config: PushConfig,
  { tokens, memberships, log, now }: PushDeps,
): Promise<PushServer> {
  const closers = new Closers()
  const connections = new Connections(config.limits.maxConnectionsPerUser)
  const cache = new MembershipCache(memberships, config.memberships, log, now)
  const relay = new Relay(cache, log)

  const broker = await createBroker({
    tokens,
    log,
    limits: config.limits,
    onReady(connection) {
      // Old clients wait for this after CONNACK, and pull everything upon it. (yun2win.md §2.3)
      connection.sendFrame({ returnCode: ReturnCode.accepted })
      if (connection.identity.kind === 'user') connections.add(connection)
    },
    onFrame: (connection, topic, payload) =>
      connection.inbox.take(
        payload.length,
        relay.decide(connection.identity, topic, payload),
        ({ ack, delivery }) => {
          const current = delivery && relay.recheck(connection.identity, delivery)
          if (current) deliver(connections, current, connection)
          if (ack) connection.sendFrame(ack)
        },
      ),
  })
  closers.add(() => broker.close())

  try {
    const listeners = await openListeners(config, broker.handle)
    closers.add(() => listeners.close())
    return {
      ports: listeners.ports,
      get connectionCount() {
        return connections.count
      },
      handleUpgrade: listeners.handleUpgrade,
      async announce(announcement) {
        const delivery = await planAnnouncement(cache, announcement)
        if (delivery) deliver(connections, delivery)
      },
      close: () => closers.close(),
    }
  } catch (error) {
    await closers.close()
    throw error
  }
}
