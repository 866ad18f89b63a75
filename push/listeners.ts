import { createServer as createHttpServer, type IncomingMessage } from 'node:http'
import { createServer as createTcpServer } from 'node:net'
import type { Duplex } from 'node:stream'
import { WebSocketServer } from 'ws'
import { Closers } from '../shared/server/closers.js'
import { closeServer, listen } from '../shared/server/listen.js'
import type { PushConfig } from './config.js'
import { WebSocketStream } from './websocket-stream.js'

/** Old clients ask for `mqttv3.1` and speak 3.1.1 all the same; browsers abort unless it is echoed. (yun2win.md §2.2) */
const SUBPROTOCOLS = ['mqtt', 'mqttv3.1']
/** So that the kernel finds peers which vanished without a word, such as phones in tunnels. */
const TCP = { noDelay: true, keepAlive: true, keepAliveInitialDelay: 60_000 }

export interface Listeners {
  /** The ports that were really bound. */
  ports: { mqtt: number; ws: number }
  /** Takes a WebSocket upgrade from an HTTP server that listens elsewhere. */
  handleUpgrade(req: IncomingMessage, socket: Duplex, head: Buffer): void
  /** Stops listening and cuts every connection. */
  close(): Promise<void>
}

/** Opens MQTT over TCP and over WebSocket (any path). Throws ConfigError when a port cannot be had. */
export async function openListeners(
  config: PushConfig,
  onConnection: (conn: Duplex) => void,
): Promise<Listeners> {
  const closers = new Closers()
  const open = new Set<Duplex>()
  const accept = (conn: Duplex) => {
    open.add(conn)
    conn.once('close', () => open.delete(conn))
    onConnection(conn)
  }

  const upgrades = new WebSocketServer({
    noServer: true,
    maxPayload: config.limits.maxPacketBytes + 5,
    perMessageDeflate: false,
    handleProtocols: (offered) => SUBPROTOCOLS.find((name) => offered.has(name)) ?? false,
  })
  const handleUpgrade = (req: IncomingMessage, socket: Duplex, head: Buffer) =>
    upgrades.handleUpgrade(req, socket, head, (ws) => accept(new WebSocketStream(ws)))

  const tcp = createTcpServer(TCP, accept)
  const http = createHttpServer({ ...TCP, headersTimeout: config.limits.connectTimeoutMs }, (_req, res) => {
    res
      .writeHead(426, { Connection: 'close', Upgrade: 'websocket' })
      .end('MQTT over WebSocket is spoken here.\n')
  })
  http.on('upgrade', handleUpgrade)

  const ports = { mqtt: 0, ws: 0 }
  try {
    const { host } = config
    ports.mqtt = await listen(tcp, { host, port: config.mqttPort, variable: 'MQTT_PORT' })
    closers.add(() => closeServer(tcp))
    ports.ws = await listen(http, { host, port: config.wsPort, variable: 'WS_PORT' })
    closers.add(() => closeServer(http))
  } catch (error) {
    await closers.close()
    throw error
  }
  // Such as too many open files: one connection is lost, listening goes on.
  for (const server of [tcp, http]) server.on('error', () => {})

  return {
    ports,
    handleUpgrade,
    async close() {
      // All stop listening before anything is cut, as nobody cuts what comes later. They wait for the connections.
      upgrades.close()
      const closed = Promise.all([closeServer(tcp), closeServer(http)])
      http.closeAllConnections()
      for (const conn of open) conn.destroy()
      for (const ws of upgrades.clients) ws.terminate()
      await closed
    },
  }
}
