import type { EventEmitter } from 'node:events'
import type { Duplex } from 'node:stream'
import { Aedes, type Client, type PublishPacket, type Subscription } from 'aedes'
import type { Log } from '../shared/server/log.js'
import type { Tokens } from '../shared/server/tokens.js'
import type { ConnectCode } from '../shared/wire/codes.js'
import { userTopic } from '../shared/wire/topics.js'
import type { PushLimits } from './config.js'
import { brokerClientId, type Identity, identify } from './connect.js'
import { Connection } from './connections.js'
import { UserPaces } from './pace.js'
import { guardReads } from './packet-limit.js'
import { refuse } from './refuse.js'
import { NoEmitter, NoPersistence } from './stateless.js'

/** QoS 2 messages of one client between PUBLISH and PUBREL. */
const MAX_UNRELEASED = 1000
/** Frames of one connection without an answer. */
const MAX_WAITING = 2500
/** Packets that may come along with a CONNECT; clients need not wait for its answer. (MQTT 3.1.1 §3.1.4) */
const MAX_EARLY_PACKETS = 1000
/** How long (ms) a client may leave the broker's own answers (SUBACK, PINGRESP …) unread. */
const DRAIN_TIMEOUT_MS = 30_000

export interface BrokerOptions {
  tokens: Tokens
  log: Log
  limits: PushLimits
  /** Why somebody who is who he says cannot be let in now; undefined when nothing speaks against it. */
  objection(identity: Identity): ConnectCode | undefined
  /** A connection is accepted: CONNACK 0 has been sent. */
  onReady(connection: Connection): void
  /** Resolves when the frame is dealt with; the client's PUBACK or PUBREC waits for that. */
  onFrame(connection: Connection, topic: string, payload: Buffer): Promise<void>
}

export interface Broker {
  /** Speaks MQTT on a new connection. */
  handle(conn: Duplex): void
  close(): Promise<void>
}

/**
 * MQTT by Aedes: who may connect, and which packets become frames. Aedes relays and keeps nothing here, and
 * no hook refuses a PUBLISH, as that would close the socket. (yun2win.md §2.7)
 */
export async function createBroker({
  tokens,
  log,
  limits,
  objection,
  onReady,
  onFrame,
}: BrokerOptions): Promise<Broker> {
  const connections = new WeakMap<Client, Connection>()
  const paces = limits.frames && new UserPaces(limits.frames.perUser)
  const persistence = new NoPersistence(MAX_UNRELEASED)

  const aedes = await Aedes.createBroker({
    mq: new NoEmitter(),
    persistence,
    connectTimeout: limits.connectTimeoutMs,
    drainTimeout: DRAIN_TIMEOUT_MS,
    queueLimit: MAX_EARLY_PACKETS,
    // MQTT 3.1 allowed 23; ours are longer once they name the user.
    maxClientsIdLength: Number.POSITIVE_INFINITY,

    // Here and not in `authenticate`, which knows the codes 2 to 5 only.
    preConnect(client, packet, done) {
      const identity = identify(tokens, packet)
      const code = typeof identity === 'number' ? identity : objection(identity)
      if (typeof identity === 'number' || code !== undefined) {
        refuse(client.conn, code as ConnectCode, (reason) => done(reason, false))
        return
      }
      packet.clientId = brokerClientId(identity, packet.clientId)
      packet.will = undefined
      packet.clean = true
      // The parser keeps the CONNECT as long as the connection lives, and a token is the largest part of it.
      packet.password = undefined
      const userPace = identity.kind === 'user' ? paces?.of(identity.userId) : undefined
      connections.set(client, new Connection(identity, client.conn, limits, log, userPace))
      done(null, true)
    },

    authenticate(client, _username, _password, done) {
      done(null, connections.has(client))
    },

    authorizePublish(client, packet, done) {
      const connection = client && connections.get(client)
      // Only a will has no client, and there are none.
      if (!connection) return done(new Error('nobody publishes this'))
      // Aedes goes on with what came in one piece with a DISCONNECT, or with whatever else ended the connection.
      if (client.conn.destroyed) return
      packet.retain = false
      receive(client, connection, packet)
        .catch((error) =>
          log.error({ err: error, userId: connection.identity.userId }, 'a frame got no answer'),
        )
        .finally(() => {
          // Not at once: frames that wait for nothing would follow each other without end, and nobody else had a turn.
          setImmediate(() => {
            if (!client.closed) done()
          })
        })
    },

    authorizeSubscribe(client, subscription, done) {
      const connection = connections.get(client)
      const isOwn = connection && subscription.topic === userTopic(connection.identity.userId)
      done(null, isOwn ? subscription : null)
    },
  })

  async function receive(client: Client, connection: Connection, packet: PublishPacket): Promise<void> {
    // A socket is read 64 KiB at a time, which is far fewer frames unless they are made to be many.
    if (connection.identity.kind === 'user' && connection.inbox.count >= MAX_WAITING) {
      connection.close('too many frames at once')
      return
    }
    if (packet.qos === 2) {
      const noted = persistence.note(client, packet.messageId as number)
      if (noted === 'too many') client.conn.destroy(new Error('too many unreleased QoS 2 messages'))
      if (noted !== 'new') return
    }
    await onFrame(connection, packet.topic, packet.payload as Buffer)
  }

  aedes.on('clientReady', (client) => {
    const connection = connections.get(client)
    if (connection?.isOpen) onReady(connection)
  })
  const onLost = (client: Client, error: Error) =>
    log.debug(
      { userId: connections.get(client)?.identity.userId, reason: error.message },
      'a connection failed',
    )
  aedes.on('clientError', onLost)
  aedes.on('connectionError', onLost)
  ;(aedes as EventEmitter).on('error', (error) => log.error({ err: error }, 'the broker failed'))

  return {
    handle(conn) {
      let client: Client | undefined
      // What follows a CONNECT waits until its outcome has been told: Aedes would take it a little earlier.
      const isHeld = () =>
        client !== undefined && (client.connecting || (connections.get(client)?.isBusy ?? false))
      guardReads(conn, limits.maxPacketBytes, isHeld)
      client = aedes.handle(conn)
      grantQos0Only(client)
    },
    close: () => new Promise((resolve) => aedes.close(resolve)),
  }
}

/**
 * Notifications go out at QoS 0, so SUBACK must not promise more. Aedes grants what was asked for and has no
 * hook to grant less, so the asking is changed on its way in.
 */
function grantQos0Only(client: Client): void {
  const { _parser: parser } = client as Client & { _parser: EventEmitter }
  parser.prependListener('packet', askForQos0)
}

function askForQos0(packet: { cmd: string; subscriptions?: Subscription[] }): void {
  if (packet.cmd !== 'subscribe') return
  for (const subscription of packet.subscriptions ?? []) subscription.qos = 0
}
