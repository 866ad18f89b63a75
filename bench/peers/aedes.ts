import { createServer as createHttpServer } from 'node:http'
import { createServer } from 'node:net'
import { Aedes } from 'aedes'
import { createWebSocketStream, WebSocketServer } from 'ws'
import { freePort } from '../../shared/server/free-port.js'
import { accepts, start } from '../tools/processes.js'
import type { Peer } from './mosquitto.js'

/** Aedes as its documentation sets it up, in a process of its own. */
export async function startAedes(): Promise<Peer> {
  const [mqttPort, wsPort] = [await freePort(), await freePort()]
  const args = ['--import', 'tsx', import.meta.filename, `${mqttPort}`, `${wsPort}`]
  const running = await start(process.execPath, args, {
    isReady: async () => (await accepts(mqttPort)) && (await accepts(wsPort)),
  })
  const { version } = new Aedes() as Aedes & { version: string }
  return { name: `Aedes ${version}`, pid: running.pid, mqttPort, wsPort, stop: running.stop }
}

/** The broker itself: `node --import tsx aedes.ts MQTT_PORT WS_PORT`. */
async function serve(mqttPort: number, wsPort: number): Promise<void> {
  const aedes = await Aedes.createBroker()
  createServer({ noDelay: true }, aedes.handle).listen(mqttPort, '127.0.0.1')
  const web = createHttpServer({ noDelay: true }).listen(wsPort, '127.0.0.1')
  new WebSocketServer({ server: web, handleProtocols: () => 'mqtt' }).on('connection', (ws) =>
    aedes.handle(createWebSocketStream(ws)),
  )
}

if (process.argv[1] === import.meta.filename) await serve(Number(process.argv[2]), Number(process.argv[3]))
