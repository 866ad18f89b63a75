import { readApiConfig } from '../../api/config.js'
import { DEFAULT_LIMITS, type LimitsConfig } from '../../api/limits/config.js'
import { type Api, type ApiOptions, openApi } from '../../api/server.js'
import { readPushConfig } from '../../push/config.js'
import { createPushServer, type PushServer } from '../../push/server.js'
import { Closers } from '../../shared/server/closers.js'
import { createLog } from '../../shared/server/log.js'
import { knowExtensions } from './answers.js'
import { createTestDatabase, type TestDatabase } from './database.js'
import { type Person, registerPerson } from './person.js'
import { TEST_APP, TEST_TOKEN_SECRET } from './test-app.js'

export interface TestEnvOptions extends Partial<Pick<ApiOptions, 'now' | 'clock' | 'extensions'>> {
  /** Environment variables beside the tests' own. */
  settings?: NodeJS.ProcessEnv
  /** Limits beside the default ones; without them nothing is limited. */
  limits?: Partial<LimitsConfig>
  /** The caller's own database, which the caller drops. */
  database?: TestDatabase
}

/** Real Express, real Postgres, real Aedes, in this process, on free ports, with a database of their own. */
export class TestEnv {
  private constructor(
    readonly api: Api,
    readonly push: PushServer,
    readonly url: string,
    private readonly closers: Closers,
  ) {}

  static async start({
    settings,
    limits,
    database: given,
    ...options
  }: TestEnvOptions = {}): Promise<TestEnv> {
    const closers = new Closers()
    const log = createLog('test', process.env.TEST_LOG_LEVEL ?? 'silent')
    const database = given ?? (await createTestDatabase())
    if (!given) closers.add(() => database.drop())
    const ports = { API_PORT: '0', MQTT_PORT: '0', WS_PORT: '0' }
    const env = { ...ports, RATE_LIMIT: 'off', WEB_DIR: 'off', PASSWORD_COST: '10', ...settings }
    knowExtensions(options.extensions ?? [])
    const config = readApiConfig(env, { ...TEST_APP, tokenSecret: TEST_TOKEN_SECRET })
    if (limits) config.limits = { ...DEFAULT_LIMITS, ...limits }
    const api = await openApi({ config, log, databaseUrl: database.url, ...options })
    const push = await createPushServer(readPushConfig(env), { ...api, tokens: api.context.tokens, log })
    closers.add(() => api.close())
    closers.add(() => push.close())
    const serving = await api.serve(push)
    closers.add(() => serving.stop())
    return new TestEnv(api, push, serving.url, closers)
  }

  /** MQTT over TCP. */
  get mqttUrl(): string {
    return `mqtt://127.0.0.1:${this.push.ports.mqtt}`
  }

  /** MQTT over WebSocket. */
  get wsUrl(): string {
    return `ws://127.0.0.1:${this.push.ports.ws}/mqtt`
  }

  person(name: string): Promise<Person> {
    return registerPerson(this.url, name)
  }

  people(...names: string[]): Promise<Person[]> {
    return Promise.all(names.map((name) => this.person(name)))
  }

  close(): Promise<void> {
    return this.closers.close()
  }
}
