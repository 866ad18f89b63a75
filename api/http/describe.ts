import type { Express } from 'express'
import { createLog } from '../../shared/server/log.js'
import { NO_CARRIER } from '../announce/drain.js'
import { createApp, documentOf } from '../app.js'
import { readApiConfig } from '../config.js'
import { createContext } from '../context.js'
import { openDatabase } from '../database/open.js'
import type { Extension } from '../extensions/extension.js'
import type { Json } from './openapi.js'

/** The API's description without a running API: for the committed document and for tests. */
export function describeApi(extensions: Extension[]): { app: Express; document: Json } {
  const log = createLog('describe', 'silent')
  const config = readApiConfig({}, { tokenSecret: 'none', appKey: 'none', appSecret: 'none' })
  const context = createContext({
    config,
    log,
    // Nothing connects before the first query, and there is none.
    db: openDatabase({ url: 'postgres://nowhere', maxConnections: 1, timeoutMs: 1, isDurable: false }, log),
    isStopping: () => false,
    announce: async () => {},
    carrier: NO_CARRIER,
  })
  const app = createApp(context, extensions)
  return { app, document: documentOf(app) }
}
