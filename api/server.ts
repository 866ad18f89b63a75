import { createServer, type Server } from 'node:http'
import type { Announcer } from '../shared/server/announcement.js'
import { Closers } from '../shared/server/closers.js'
import { closeServer, listen } from '../shared/server/listen.js'
import type { Log } from '../shared/server/log.js'
import type { LoginSource } from '../shared/server/logins.js'
import type { MembershipSource } from '../shared/server/membership.js'
import type { PresenceSink } from '../shared/server/presence.js'
import { toAudiences } from './announce/audience.js'
import { Drain } from './announce/drain.js'
import { createListener } from './app.js'
import { ensureDefaultApp } from './apps/apps.js'
import { cleanUpRegularly } from './attachments/clean-up.js'
import { type ApiConfig, databaseConfig, outboxDatabaseConfig } from './config.js'
import { type Context, createContext } from './context.js'
import { migrate, migrateExtension } from './database/database.js'
import { openDatabase } from './database/open.js'
import { requireSupportedServer } from './database/server-version.js'
import { checkExtensions, type Extension } from './extensions/extension.js'
import { extensions as installed } from './extensions/index.js'
import { answerBrokenRequests } from './http/broken-requests.js'
import { cutSlowReaders } from './http/slow-readers.js'
import { cutSlowRequests, slowRequestOptions } from './http/slow-requests.js'
import { forgetOldLogins } from './logins/clean-up.js'
import { loginSource } from './logins/logins.js'
import { createMailer } from './mail/mailer.js'
import { Departures } from './members/departures.js'
import { InviteMails, purgeInvitesRegularly } from './members/invite-mails.js'
import { findMembership } from './members/store.js'
import { storePresence } from './presence/store.js'
import type { Clock } from './sync/clock.js'

export interface ApiOptions {
  config: ApiConfig
  log: Log
  databaseUrl: string
  now?: () => number
  clock?: Clock
  /** What is installed beside the product; tests bring their own. */
  extensions?: Extension[]
}

/** An API with its database, not yet listening. */
export interface Api {
  context: Context
  /** What a push server in the same process asks and tells. */
  memberships: MembershipSource
  logins: LoginSource
  presence: PresenceSink
  /** Starts to answer requests and to tell `announcer` of changes. Throws ConfigError. */
  serve(announcer: Announcer): Promise<Serving>
  /** Closes the database; stop serving first. */
  close(): Promise<void>
}

export interface Serving {
  port: number
  url: string
  /** Takes no new requests, finishes those being answered, and tells push of what they changed. */
  stop(): Promise<void>
}

/** Connects, brings the schema up to date and makes sure of the default app. Throws ConfigError. */
export async function openApi(options: ApiOptions): Promise<Api> {
  const { config, log, extensions = installed } = options
  checkExtensions(extensions)
  const stopping = new AbortController()
  const { databaseUrl } = options
  const db = openDatabase(databaseConfig(config, databaseUrl), log)
  const outboxDb = openDatabase(outboxDatabaseConfig(databaseUrl), log)
  const close = async () => {
    context.blobs.close()
    await outboxDb.destroy()
    await db.destroy()
  }
  let announcer: Announcer | undefined
  let drain: Drain | undefined
  let inviteMails: InviteMails | undefined
  let departures: Departures | undefined

  const context = createContext({
    ...options,
    db,
    isStopping: () => stopping.signal.aborted,
    announce: async (announcement) => announcer?.announce(announcement),
    carrier: {
      isReady: () => drain?.isReady() ?? false,
      take: (rows) => drain?.take(rows),
      wake: () => drain?.wake(),
    },
    wakeMails: () => inviteMails?.wake(),
    wakeDepartures: () => departures?.wake(),
  })
  try {
    await requireSupportedServer(db)
    await migrateWithoutTimeLimit(databaseUrl, extensions, log)
    await ensureDefaultApp(context)
  } catch (error) {
    await close()
    throw error
  }

  return {
    context,
    memberships: { find: (sessionId) => findMembership(db, sessionId) },
    logins: loginSource(db, context.now),
    presence: { report: (report) => storePresence(db, report, context.now()) },

    async serve(push) {
      const closers = new Closers()
      announcer = push
      drain = new Drain(outboxDb, toAudiences(outboxDb, push), log)
      const draining = new AbortController()
      const drained = drain.run(draining.signal)
      closers.add(() => drained)
      const cleaned = cleanUpRegularly(context, draining.signal)
      closers.add(() => cleaned)
      const purged = purgeInvitesRegularly(context, draining.signal)
      closers.add(() => purged)
      const forgotten = forgetOldLogins(context, draining.signal)
      closers.add(() => forgotten)
      departures = new Departures(context)
      const departed = departures.run(draining.signal)
      closers.add(() => departed)
      closers.add(() => draining.abort())

      const { requestTimeoutMs } = config
      const server = createServer(slowRequestOptions(requestTimeoutMs), createListener(context, extensions))
      cutSlowRequests(server, requestTimeoutMs)
      cutSlowReaders(server, config.answerStallMs)
      answerBrokenRequests(server)
      const { host } = config
      const port = await listen(server, { host, port: config.port, variable: 'API_PORT' }).catch(
        async (error) => {
          await closers.close()
          throw error
        },
      )
      const mailer = createMailer(config.mail, log)
      const publicUrl = config.mail.publicUrl ?? `http://${host}:${port}`
      inviteMails = new InviteMails(db, mailer, { publicUrl, now: context.now, log })
      const mailed = inviteMails.run(draining.signal)
      closers.add(() => mailer.close())
      closers.add(() => mailed)
      closers.add(() => draining.abort())

      closers.add(() => finish(server))
      closers.add(() => stopping.abort())
      return { port, url: `http://${host}:${port}`, stop: () => closers.close() }
    },

    close,
  }
}

/** A long step, or waiting for another process that is at it, must not run into the time limit of requests. */
async function migrateWithoutTimeLimit(
  databaseUrl: string,
  extensions: Extension[],
  log: Log,
): Promise<void> {
  const db = openDatabase({ url: databaseUrl, maxConnections: 2, timeoutMs: 0, isDurable: true }, log)
  try {
    await migrate(db)
    for (const extension of extensions) await migrateExtension(db, extension)
  } finally {
    await db.destroy()
  }
}

/** How long (ms) requests under way may take once the server stops. */
const FINISH_LIMIT_MS = 3000

/** Answers what has been asked. Answers say `Connection: close` by now; who goes on asking is cut off in the end. */
async function finish(server: Server): Promise<void> {
  const closed = closeServer(server)
  server.closeIdleConnections()
  const cut = setTimeout(() => server.closeAllConnections(), FINISH_LIMIT_MS)
  await closed
  clearTimeout(cut)
}
