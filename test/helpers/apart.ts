import { freePort } from '../../shared/server/free-port.js'
import { type RunningProcess, startProcess } from './child.js'
import { TEST_PROCESS_ENV } from './test-app.js'

export interface Apart {
  push: RunningProcess
  apis: RunningProcess[]
  /** Start a process anew, at the same place. */
  restartApi(n: number): Promise<RunningProcess>
  restartPush(): Promise<RunningProcess>
}

/**
 * `npm run push` and any number of `npm run api` on one database. Push asks the first of them. `settings` are
 * environment variables beside these.
 */
export async function startApart(
  databaseUrl: string,
  apiCount = 1,
  settings: NodeJS.ProcessEnv = {},
): Promise<Apart> {
  const mqttPort = await freePort()
  const apiPorts = await Promise.all(Array.from({ length: apiCount }, freePort))
  const env = {
    ...TEST_PROCESS_ENV,
    DATABASE_URL: databaseUrl,
    API_URL: `http://127.0.0.1:${apiPorts[0]}`,
    MQTT_PORT: String(mqttPort),
    PUSH_URL: `mqtt://127.0.0.1:${mqttPort}`,
    ...settings,
  }
  const startApi = (n: number) => startProcess('api/index.js', { ...env, API_PORT: String(apiPorts[n]) })
  const startPush = () => startProcess('push/index.js', env)
  const [push, ...apis] = await Promise.all([startPush(), ...apiPorts.map((_, n) => startApi(n))])
  return { push: push as RunningProcess, apis, restartApi: startApi, restartPush: startPush }
}
