import type { IncomingMessage } from 'node:http'
import type { Duplex } from 'node:stream'
import type { Announcement, Announcer } from '../shared/server/announcement.js'
import { Closers } from '../shared/server/closers.js'
import type { Log } from '../shared/server/log.js'
import { type LoginSource, parseLoginsTopic } from '../shared/server/logins.js'
import type { MembershipSource } from '../shared/server/membership.js'
import type { PresenceSink } from '../shared/server/presence.js'
import type { Tokens } from '../shared/server/tokens.js'
import { ConnectCode, ReturnCode } from '../shared/wire/codes.js'
import { planAnnouncement } from './announce.js'
import { createBroker } from './broker.js'
import type { PushConfig } from './config.js'
import type { Identity } from './connect.js'
import { type Connection, Connections } from './connections.js'
import { Deliveries, type Delivery } from './deliver.js'
import { EndedLogins } from './ended-logins.js'
import { openListeners, type Ports } from './listeners.js'
import { MembershipCache } from './membership-cache.js'
import { Places } from './places.js'
import { Presence } from './presence.js'
import { type Decision, Relay } from './relay.js'

export interface PushDeps {
  tokens: Tokens
  /** The API, in this process or over HTTP. */
  memberships: MembershipSource
  logins: LoginSource
  presence: PresenceSink
  log: Log
  now?: () => number
}

/** A push server that listens. It announces what an API in the same process tells it. */
export interface PushServer extends Announcer {
  /** The ports that were really bound. */
  ports: Ports
  /** False until users can be let in: the API has been asked which logins ended. */
  readonly isReady: boolean
  /** Connections of users right now. */
  readonly connectionCount: number
  /** Takes a WebSocket upgrade from an HTTP server that listens elsewhere. */
  handleUpgrade(req: IncomingMessage, socket: Duplex, head: Buffer): void
  close(): Promise<void>
}

/** Starts to listen. Throws ConfigError when a port cannot be had. */
export async function createPushServer(
  config: PushConfig,
  { tokens, memberships, logins, presence: sink, log, now }: PushDeps,
): Promise<PushServer> {
  const closers = new Closers()
  const stopping = new AbortController()
  const connections = new Connections(config.limits.maxConnectionsPerUser, (userId) => presence.note(userId))
  const deliveries = new Deliveries(connections)
  const presence = new Presence(connections, sink, config.presence, log, now)
  const places = new Places(now)
  const ended = new EndedLogins(logins, log)
  const cache = new MembershipCache(memberships, config.memberships, log, now)
  const relay = new Relay(cache, plan, log)

  function objection(identity: Identity): ConnectCode | undefined {
    if (identity.kind === 'service') return undefined
    if (!ended.isLoaded) return ConnectCode.unavailable
    if (ended.has(identity.loginId)) return ConnectCode.badToken
    return places.isTaken(identity) ? ConnectCode.kicked : undefined
  }

  function enter(connection: Connection): void {
    const { identity } = connection
    // What was true at CONNECT may have changed while that was answered.
    if (objection(identity) !== undefined) {
      connection.close('may no longer connect')
      return
    }
    // Old clients wait for this after CONNACK, and pull everything upon it. (yun2win.md §2.3)
    connection.sendFrame({ returnCode: ReturnCode.accepted })
    if (identity.kind === 'service') return
    connections.add(connection)
    places.take(connection)?.kick()
  }

  /** Whom an announcement concerns; what concerns no client is seen to here. */
  async function plan(announcement: Announcement): Promise<Delivery | undefined> {
    const loggedOut = parseLoginsTopic(announcement.topic)
    if (loggedOut === undefined) return planAnnouncement(cache, announcement)
    await ended.refresh(loggedOut)
    for (const connection of connections.of(loggedOut) ?? []) {
      const { identity } = connection
      if (identity.kind === 'user' && ended.has(identity.loginId)) connection.close('the login has ended')
    }
    return undefined
  }

  const broker = await createBroker({
    tokens,
    log,
    limits: config.limits,
    objection,
    onReady: enter,
    onFrame: (connection, topic, payload) =>
      connection.inbox.take(
        payload.length,
        connection
          .turn()
          .then((isHeard) => (isHeard ? relay.decide(connection.identity, topic, payload) : {})),
        ({ ack, delivery }: Decision) => {
          if (connection.isCut) return
          const current = delivery && relay.recheck(connection.identity, delivery)
          if (current) deliveries.put(current, connection)
          if (ack) deliveries.afterwards(() => connection.sendFrame(ack))
        },
      ),
  })
  closers.add(() => broker.close())

  try {
    const listeners = await openListeners(config, broker.handle, log)
    closers.add(() => listeners.close())
    const background = Promise.all([ended.load(stopping.signal), presence.run(stopping.signal)])
    closers.add(() => background.then(() => {}))
    closers.add(() => stopping.abort())
    return {
      ports: listeners.ports,
      get isReady() {
        return ended.isLoaded
      },
      get connectionCount() {
        return connections.count
      },
      handleUpgrade: listeners.handleUpgrade,
      async announce(announcement) {
        const delivery = await plan(announcement)
        if (delivery) deliveries.put(delivery)
        await new Promise<void>((resolve) => deliveries.afterwards(resolve))
      },
      close: () => closers.close(),
    }
  } catch (error) {
    await closers.close()
    throw error
  }
}
