import { createLog } from '../shared/server/log.js'
import { runProcess } from '../shared/server/process.js'
import { loadTokenSecret } from '../shared/server/secrets.js'
import { createTokens } from '../shared/server/tokens.js'
import { readPushConfig } from './config.js'
import { HttpApi } from './http-api.js'
import { createPushServer } from './server.js'

/** Push alone, `npm run push`; it asks the API at API_URL for memberships. */
runProcess('nudge-push', async (closers) => {
  const config = readPushConfig(process.env)
  const log = createLog('nudge-push', config.logLevel)
  const tokens = createTokens(await loadTokenSecret(config.dataDir, process.env))
  const api = new HttpApi(config.apiUrl, tokens)
  const push = await createPushServer(config, { tokens, memberships: api, logins: api, presence: api, log })
  closers.add(() => push.close())
  const { mqtt, ws } = push.ports
  process.stdout.write(
    `Nudge push on mqtt://${config.host}:${mqtt} and ws://${config.host}:${ws}, asking ${config.apiUrl}\n`,
  )
})
