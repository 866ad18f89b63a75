import { requireValidEnv } from '../shared/server/env.js'
import { createLog } from '../shared/server/log.js'
import { runProcess } from '../shared/server/process.js'
import { SecretsEnv } from '../shared/server/secrets.js'
import { connectAnnouncer } from './announce/mqtt-announcer.js'
import { Env } from './config.js'
import { openApi } from './server.js'
import { openSettings } from './settings.js'

/** The API alone, `npm run api`; push runs elsewhere, at PUSH_URL. */
runProcess('nudge-api', async (closers) => {
  requireValidEnv(process.env, [Env, SecretsEnv])
  const { config, databaseUrl } = await openSettings(process.env, closers)
  const log = createLog('nudge-api', config.logLevel)
  const api = await openApi({ config, log, databaseUrl })
  closers.add(() => api.close())
  const announcer = connectAnnouncer(config.pushUrl, api.context.tokens, log)
  closers.add(() => announcer.close())
  const serving = await api.serve(announcer)
  closers.add(() => serving.stop())
  process.stdout.write(`Nudge API on ${serving.url}, telling push at ${config.pushUrl}\n`)
})
