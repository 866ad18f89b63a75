import { freePort } from '../../shared/server/free-port.js'
import { createTokens } from '../../shared/server/tokens.js'
import { accepts, type Running, start } from './processes.js'

const SECRET = 'a secret that is used in benchmarks only'
const tokens = createTokens(SECRET)

/** The login that `createPeople` makes for each user. */
export const loginOf = (userId: string): string => `00000000-0000-4000-8000-${userId.padStart(12, '0')}`

/** A token for REST. The app of benchmarks is the first one. */
export const accessToken = (userId: string): string =>
  tokens.sign('access', { sub: userId, app: '1', login: loginOf(userId) })

/** The password of a device. */
export const imToken = (userId: string): string =>
  tokens.sign('im', { sub: userId, app: '1', login: loginOf(userId) })

/** The password of the API itself, which announces on push. */
export const serviceToken = (): string => tokens.sign('service', { sub: 'api' })

export interface Nudge {
  apiPort: number
  mqttPort: number
  wsPort: number
  /** By what they do; the same process twice when there is one. */
  pids: { api: number; push: number }
  stop(): Promise<void>
}

/**
 * The server as `npm run build` left it, in processes of its own: one for everything, as `npm start` has it, or API and
 * push apart. Commits are synced to the disk; limits of rate are off, as all load comes of one address. `PROFILE=folder`
 * leaves CPU profiles there.
 */
export async function startNudge(options: {
  databaseUrl: string
  dataDir: string
  processes?: 1 | 2
  env?: Record<string, string>
}): Promise<Nudge> {
  const [apiPort, mqttPort, wsPort] = (await Promise.all([freePort(), freePort(), freePort()])) as [
    number,
    number,
    number,
  ]
  const env = {
    DATABASE_URL: options.databaseUrl,
    DATA_DIR: options.dataDir,
    APP_KEY: 'bench',
    APP_SECRET: 'the secret of the app of benchmarks',
    TOKEN_SECRET: SECRET,
    RATE_LIMIT: 'off',
    LOG_LEVEL: 'warn',
    API_PORT: `${apiPort}`,
    MQTT_PORT: `${mqttPort}`,
    WS_PORT: `${wsPort}`,
    API_URL: `http://127.0.0.1:${apiPort}`,
    PUSH_URL: `mqtt://127.0.0.1:${mqttPort}`,
    ...options.env,
  }
  const answers = () =>
    fetch(`http://127.0.0.1:${apiPort}/readyz`).then(
      ({ ok }) => ok,
      () => false,
    )
  const profiling = process.env.PROFILE ? ['--cpu-prof', `--cpu-prof-dir=${process.env.PROFILE}`] : []
  const started: Running[] = []
  const stop = async () => {
    await Promise.all(started.map((each) => each.stop()))
  }
  const run = async (entry: string, isReady: () => Promise<boolean>) => {
    const running = await start(process.execPath, [...profiling, entry], { env, isReady })
    started.push(running)
    return running.pid
  }
  try {
    if (options.processes === 2) {
      const api = await run('dist/api/index.js', answers)
      const push = await run('dist/push/index.js', () => accepts(mqttPort))
      return { apiPort, mqttPort, wsPort, pids: { api, push }, stop }
    }
    const all = await run('dist/main.js', answers)
    return { apiPort, mqttPort, wsPort, pids: { api: all, push: all }, stop }
  } catch (error) {
    await stop()
    throw error
  }
}
