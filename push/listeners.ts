import {
  createServer as createHttpServer,
  type Server as HttpServer,
  type IncomingMessage,
  type RequestListener,
} from 'node:http'
import { createServer as createHttpsServer } from 'node:https'
import { createServer as createTcpServer, type Server, type Socket } from 'node:net'
import type { Duplex } from 'node:stream'
import { createServer as createTlsServer } from 'node:tls'
import { WebSocketServer } from 'ws'
import { Closers } from '../shared/server/closers.js'
import { closeServer, listen } from '../shared/server/listen.js'
import type { Log } from '../shared/server/log.js'
import { readCertificate, renewCertificate } from './certificate.js'
import type { PushConfig } from './config.js'
import { WebSocketStream } from './websocket-stream.js'

/** Old clients ask for `mqttv3.1` and speak 3.1.1 all the same; browsers abort unless it is echoed. (yun2win.md §2.2) */
const SUBPROTOCOLS = ['mqtt', 'mqttv3.1']
/** So that the kernel finds peers which vanished without a word, such as phones in tunnels. */
const TCP = { noDelay: true, keepAlive: true, keepAliveInitialDelay: 60_000 }

/** Where it listens; the last two only with a certificate. */
export interface Ports {
  mqtt: number
  ws: number
  mqtts?: number
  wss?: number
}

export interface Listeners {
  /** The ports that were really bound. */
  ports: Ports
  /** Takes a WebSocket upgrade from an HTTP server that listens elsewhere. */
  handleUpgrade(req: IncomingMessage, socket: Duplex, head: Buffer): void
  /** Stops listening and cuts every connection. */
  close(): Promise<void>
}

/**
 * Opens MQTT over TCP and over WebSocket (any path), and both over TLS when there is a certificate. Throws
 * ConfigError when a port cannot be had or the certificate cannot be used.
 */
export async function openListeners(
  config: PushConfig,
  onConnection: (conn: Duplex) => void,
  log: Log,
): Promise<Listeners> {
  const closers = new Closers()
  const open = new Set<Duplex>()
  // One for all: a function each, for as long as they live, adds up over many connections.
  function forget(this: Duplex): void {
    open.delete(this)
  }
  const accept = (conn: Duplex) => {
    open.add(conn)
    conn.on('close', forget)
    onConnection(conn)
  }

  const upgrades = new WebSocketServer({
    noServer: true,
    maxPayload: config.limits.maxPacketBytes + 5,
    perMessageDeflate: false,
    handleProtocols: (offered) => SUBPROTOCOLS.find((name) => offered.has(name)) ?? false,
  })
  const handleUpgrade = (req: IncomingMessage, socket: Duplex, head: Buffer) =>
    upgrades.handleUpgrade(req, socket, head, (ws) => accept(new WebSocketStream(ws, socket)))

  const { host, tls, limits } = config
  const web = { ...TCP, headersTimeout: limits.connectTimeoutMs, connectionsCheckingInterval: 1000 }
  let stopRenewing = () => {}
  const raw = new Set<Socket>()
  const tcpServers: Server[] = [createTcpServer(TCP, accept)]
  const webServers: HttpServer[] = [createHttpServer(web, askForUpgrade)]
  if (tls) {
    const certificate = await readCertificate(tls)
    const mqtts = createTlsServer(
      { ...TCP, ...certificate, handshakeTimeout: limits.connectTimeoutMs },
      accept,
    )
    const handshakeTimeout = limits.connectTimeoutMs
    const wss = createHttpsServer({ ...web, ...certificate, handshakeTimeout }, askForUpgrade)
    tcpServers.push(mqtts)
    webServers.push(wss)
    stopRenewing = renewCertificate(tls, certificate, [mqtts, wss], log)
    closers.add(stopRenewing)
    for (const server of [mqtts, wss]) {
      // A client that does not trust us, or a port scan.
      server.on('tlsClientError', (_error, socket) => socket.destroy())
      // Until its handshake is over, nothing else knows of a connection.
      server.on('connection', (socket: Socket) => {
        raw.add(socket)
        socket.once('close', () => raw.delete(socket))
      })
    }
  }
  for (const server of webServers) server.on('upgrade', handleUpgrade)
  const servers = [...tcpServers, ...webServers]

  const ports: Ports = { mqtt: 0, ws: 0 }
  try {
    const open = async (server: Server | undefined, port: number, variable: string) => {
      if (!server) return 0
      const bound = await listen(server, { host, port, variable })
      closers.add(() => closeServer(server))
      return bound
    }
    ports.mqtt = await open(tcpServers[0], config.mqttPort, 'MQTT_PORT')
    ports.ws = await open(webServers[0], config.wsPort, 'WS_PORT')
    if (tls) {
      ports.mqtts = await open(tcpServers[1], tls.mqttsPort, 'MQTTS_PORT')
      ports.wss = await open(webServers[1], tls.wssPort, 'WSS_PORT')
    }
  } catch (error) {
    await closers.close()
    throw error
  }
  // Such as too many open files: one connection is lost, listening goes on.
  for (const server of servers) server.on('error', () => {})

  return {
    ports,
    handleUpgrade,
    async close() {
      // All stop listening before anything is cut, as nobody cuts what comes later. They wait for the connections.
      upgrades.close()
      stopRenewing()
      const closed = Promise.all(servers.map((server) => closeServer(server)))
      for (const server of webServers) server.closeAllConnections()
      for (const conn of [...open, ...raw]) conn.destroy()
      for (const ws of upgrades.clients) ws.terminate()
      await closed
    },
  }
}

const askForUpgrade: RequestListener = (_req, res) => {
  res
    .writeHead(426, { Connection: 'close', Upgrade: 'websocket' })
    .end('MQTT over WebSocket is spoken here.\n')
}
