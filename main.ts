import { Env as ApiEnv } from './api/config.js'
import { openApi } from './api/server.js'
import { openSettings } from './api/settings.js'
import { Env as PushEnv, readPushConfig } from './push/config.js'
import { createPushServer } from './push/server.js'
import { requireValidEnv } from './shared/server/env.js'
import { createLog } from './shared/server/log.js'
import { runProcess } from './shared/server/process.js'
import { SecretsEnv } from './shared/server/secrets.js'
import { welcome } from './welcome.js'

/** Everything in one process: `npm start`. Opened bottom up, closed top down, Postgres last. */
runProcess('nudge', async (closers) => {
  requireValidEnv(process.env, [ApiEnv, PushEnv, SecretsEnv])
  const pushConfig = readPushConfig(process.env)
  const { config, databaseUrl } = await openSettings(process.env, closers)
  const log = createLog('nudge', config.logLevel)

  const api = await openApi({ config, log, databaseUrl })
  closers.add(() => api.close())
  const push = await createPushServer(pushConfig, { ...api, tokens: api.context.tokens, log })
  closers.add(() => push.close())
  const serving = await api.serve(push)
  closers.add(() => serving.stop())

  process.stdout.write(welcome({ url: serving.url, push: push.ports, config }))
})
