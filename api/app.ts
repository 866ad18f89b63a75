import { randomUUID } from 'node:crypto'
import type { RequestListener } from 'node:http'
import compression from 'compression'
import cors from 'cors'
import express, { type Express, Router } from 'express'
import helmet from 'helmet'
import { pinoHttp } from 'pino-http'
import { embeddingRoutes } from './apps/routes.js'
import { attachmentRoutes, publicAttachmentRoutes } from './attachments/routes.js'
import { contactRoutes } from './contacts/routes.js'
import type { Context } from './context.js'
import { conversationRoutes } from './conversations/routes.js'
import { emojiFileRoutes, emojiRoutes } from './emojis/routes.js'
import type { Extension } from './extensions/extension.js'
import { favouriteRoutes } from './favourites/routes.js'
import { gateRoutes } from './gate/routes.js'
import { healthRoutes } from './health/routes.js'
import { authenticate, authenticateService } from './http/authenticate.js'
import { docsRoutes } from './http/docs.js'
import { errorHandler, notFound } from './http/errors.js'
import { fastLane } from './http/fast-lane.js'
import { dropFormNulls } from './http/form.js'
import { askForToken } from './http/known-routes.js'
import { type Access, createDocument, type Json, type Mount } from './http/openapi.js'
import { internalRoutes } from './internal/routes.js'
import { limitAddresses, limitUsers } from './limits/middleware.js'
import { memberRoutes } from './members/routes.js'
import { messageRoutes } from './messages/routes.js'
import { oauthRoutes } from './oauth/routes.js'
import { webRoutes } from './pages/routes.js'
import { recordRoutes } from './records/routes.js'
import { sessionRoutes } from './sessions/routes.js'
import { activeOnly } from './users/active.js'
import { publicUserRoutes, userRoutes } from './users/routes.js'

/** The whole REST API. */
export function createApp(ctx: Context, extensions: Extension[] = []): Express {
  const app = express()
  const mounts: Mount[] = []
  app.locals.mounts = mounts
  app.locals.schemas = Object.assign({}, ...extensions.map(({ schemas }) => schemas))
  /** What is served through here is in the OpenAPI document. */
  const mount = (access: Access, prefix: '' | '/v1', ...routers: Router[]) => {
    for (const router of routers) mounts.push({ access, prefix, router })
    app.use(prefix || '/', ...routers)
  }
  app.disable('x-powered-by')
  app.disable('etag')
  app.set('query parser', 'simple')
  app.set('trust proxy', ctx.config.trustProxy)

  app.use(logRequests(ctx))
  app.use(oneSlash)
  app.use(closeWhenStopping(ctx))
  app.use(secureHeaders(), allowAllOrigins())
  app.use(compression())
  mount('public', '', healthRoutes(ctx))
  app.use(webRoutes(ctx))
  app.use(noStore)
  mount(
    'public',
    '',
    docsRoutes(() => documentOf(app)),
  )
  app.use(express.json({ limit: ctx.config.maxBodyBytes }))
  app.use(express.urlencoded({ limit: ctx.config.maxBodyBytes, extended: false }))
  app.use(dropFormNulls)

  app.use(limitAddresses(ctx))
  mount('public', '', oauthRoutes(ctx), gateRoutes(ctx), embeddingRoutes(ctx))
  app.use('/internal', authenticateService(ctx.tokens))
  mount('service', '', internalRoutes(ctx))
  mount('public', '', emojiFileRoutes(ctx))
  mount('public', '/v1', publicAttachmentRoutes(ctx))
  mount('public', '/v1', publicUserRoutes(ctx))
  app.use('/v1', askForToken(mounts, authenticate(ctx.tokens), limitUsers(ctx), activeOnly(ctx)))
  mount('user', '/v1', userApi(ctx), ...extensions.map((extension) => extension.routes(ctx)))
  app.use(notFound)
  app.use(errorHandler(ctx.log))
  return app
}

/** The API as a server takes it: its busiest routes before all else. */
export function createListener(ctx: Context, extensions: Extension[] = []): RequestListener {
  const app = createApp(ctx, extensions)
  const setHeaders = [secureHeaders(), allowAllOrigins(), noStore]
  return fastLane(ctx, app.locals.mounts, app, { setHeaders, logRequest: logRequests(ctx) })
}

/** The OpenAPI document of an app that `createApp` made. */
export function documentOf(app: Express): Json {
  app.locals.document ??= createDocument(app.locals.mounts, app.locals.schemas)
  return app.locals.document
}

/** What needs a user's or an administrator's token. */
function userApi(ctx: Context): Router {
  const router = Router()
  router.use(
    userRoutes(ctx),
    recordRoutes(ctx),
    contactRoutes(ctx),
    favouriteRoutes(ctx),
    conversationRoutes(ctx),
    sessionRoutes(ctx),
    attachmentRoutes(ctx),
    emojiRoutes(ctx),
    memberRoutes(ctx),
    messageRoutes(ctx),
  )
  return router
}

/** One line a request, with its id; never a body, a token or a query, which may hold a token. */
function logRequests(ctx: Context) {
  return pinoHttp({
    logger: ctx.log,
    genReqId: (_req, res) => {
      const id = randomUUID()
      res.setHeader('X-Request-Id', id)
      return id
    },
    serializers: {
      req: (req) => ({ id: req.id, method: req.method, path: String(req.url).split('?')[0] }),
      res: (res) => ({ status: res.statusCode }),
    },
    customLogLevel: (_req, res) => (res.statusCode >= 500 ? 'error' : 'info'),
  })
}

/** Clients that keep their connection would otherwise be served on and on while the process wants to stop. */
function closeWhenStopping(ctx: Context): express.RequestHandler {
  return (_req, res, next) => {
    if (ctx.isStopping()) res.setHeader('Connection', 'close')
    next()
  }
}

/** Old clients ask for `//Emoji/expr_1.png`. (§3 #22) */
const oneSlash: express.RequestHandler = (req, _res, next) => {
  if (req.url.startsWith('//')) req.url = req.url.replace(/^\/+/, '/')
  next()
}

function secureHeaders() {
  return helmet({ crossOriginResourcePolicy: { policy: 'cross-origin' } })
}

/** Any page may call: tokens travel in headers, never in cookies. (yun2win.md §1.6) */
function allowAllOrigins() {
  return cors({
    origin: '*',
    methods: ['PUT', 'POST', 'GET', 'DELETE', 'OPTIONS'],
    allowedHeaders: [
      'Authorization',
      'Client-Sync-Time',
      'Content-Type',
      'Content-MD5',
      'Content-Length',
      'Accept',
      'X-Requested-With',
    ],
    exposedHeaders: [
      'X-Request-Id',
      'Retry-After',
      'Accept-Ranges',
      'Content-Disposition',
      'Content-Range',
      'ETag',
    ],
    maxAge: 24 * 3600,
    optionsSuccessStatus: 200,
  })
}

/** The same address answers differently for another Client-Sync-Time. (§3 #23) */
const noStore: express.RequestHandler = (_req, res, next) => {
  res.setHeader('Cache-Control', 'no-store')
  next()
}
