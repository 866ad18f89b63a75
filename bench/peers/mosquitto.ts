import { execFileSync } from 'node:child_process'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { freePort } from '../../shared/server/free-port.js'
import { accepts, start } from '../tools/processes.js'

/** A broker that subscribers get everything of which is published on their topic. */
export interface Peer {
  name: string
  pid: number
  mqttPort: number
  wsPort: number
  stop(): Promise<void>
}

/** Where Debian has it, which is on nobody's PATH but root's. */
const PATHS = ['mosquitto', '/usr/sbin/mosquitto']

/**
 * mosquitto with nothing that holds it back: it keeps nothing on disk, logs nothing, sends without Nagle's delay and
 * drops nothing. Undefined where it is not installed.
 */
export async function startMosquitto(): Promise<Peer | undefined> {
  const found = PATHS.map((path) => ({ path, version: versionOf(path) })).find(({ version }) => version)
  if (!found) return undefined
  const [mqttPort, wsPort] = [await freePort(), await freePort()]
  const folder = await mkdtemp(join(tmpdir(), 'nudge-mosquitto-'))
  const file = join(folder, 'mosquitto.conf')
  const settings = [
    'allow_anonymous true',
    'persistence false',
    'log_type none',
    'set_tcp_nodelay true',
    'max_queued_messages 0',
    'max_inflight_messages 0',
    `listener ${mqttPort} 127.0.0.1`,
    `listener ${wsPort} 127.0.0.1`,
    'protocol websockets',
  ]
  await writeFile(file, `${settings.join('\n')}\n`)
  const running = await start(found.path, ['-c', file], {
    isReady: async () => (await accepts(mqttPort)) && (await accepts(wsPort)),
  })
  return {
    name: `mosquitto ${found.version}`,
    pid: running.pid,
    mqttPort,
    wsPort,
    async stop() {
      await running.stop()
      await rm(folder, { recursive: true, force: true })
    },
  }
}

function versionOf(path: string): string | undefined {
  try {
    return versionIn(execFileSync(path, ['-h'], { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] }))
  } catch (error) {
    // Some versions show their help as a failure.
    return versionIn(String((error as { stdout?: string }).stdout ?? ''))
  }
}

function versionIn(help: string): string | undefined {
  return /mosquitto version (\S+)/.exec(help)?.[1]
}
