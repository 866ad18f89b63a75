import { existsSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import express, { type RequestHandler, type Response, Router } from 'express'
import { getAllowedOrigins } from '../apps/embedding.js'
import { AppQuery } from '../apps/routes.js'
import type { Context } from '../context.js'
import { rawRoute } from '../http/route.js'
import { addressOf } from '../limits/middleware.js'

/**
 * Everything from here, no script inside a page. Mantine, the component library, writes style attributes. Push is on
 * another port or host, and the avatars of old clients may be anywhere on the web.
 */
const APP_POLICY = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self' 'unsafe-inline'",
  "img-src 'self' data: blob: https:",
  "media-src 'self' blob:",
  "font-src 'self'",
  "connect-src 'self' ws: wss:",
  "worker-src 'self'",
  "manifest-src 'self'",
  "base-uri 'none'",
  "form-action 'none'",
]

/** The page that shows how to embed us: it asks the API, and has a frame with our page. */
const DEMO_POLICY = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "img-src 'self'",
  "connect-src 'self'",
  "frame-src 'self'",
  "base-uri 'none'",
  "form-action 'none'",
]

/** The app's own paths. `/acceptInvite` is what mails lead to: the form for new accounts. */
const APP_PATHS = ['/', '/acceptInvite']
const YEAR_MS = 365 * 24 * 3600_000

/** The web app, as `npm run build` made it; nothing where WEB_DIR says off. */
export function webRoutes(ctx: Context): RequestHandler {
  // With a slash at the end the files that a page names relative to it would be elsewhere.
  const router = Router({ strict: true })
  // A plain handler, so that the API's documentation does not take it for one of its own.
  const serve: RequestHandler = (req, res, next) => router(req, res, next)
  const { webDir } = ctx.config
  if (webDir === null) return serve
  const has = (file: string) => existsSync(join(webDir, file))
  if (!has('index.html')) {
    ctx.log.warn(`there is no web app in ${webDir}: npm run build makes it`)
    return serve
  }

  router.get(APP_PATHS, (_req, res) => sendPage(res, webDir, 'index.html', { policy: APP_POLICY }))
  // Whoever puts an app of his own here may have no such page.
  if (has('groupConversation.html')) router.get('/groupConversation', conversationPage(ctx, webDir))
  if (has('embedding-demo.html')) {
    router.get('/embedding-demo', (_req, res) =>
      sendPage(res, webDir, 'embedding-demo.html', { policy: DEMO_POLICY }),
    )
  }
  // Their names change with what is in them.
  router.use('/assets', express.static(join(webDir, 'assets'), { immutable: true, maxAge: YEAR_MS }))
  // Listed once, so that other requests do not go by the disk.
  const files = new Set(readdirSync(webDir).filter((name) => /^(?!.*\.html$).*\./.test(name)))
  router.get('/:file', (req, res, next) => {
    const { file } = req.params
    if (!files.has(file)) return next()
    res.sendFile(file, { root: webDir, headers: { 'Cache-Control': 'no-cache' } })
  })
  return serve
}

/** For frames in other pages, and links. (dialects.md §4.3) */
function conversationPage(ctx: Context, webDir: string): RequestHandler {
  return rawRoute({
    query: AppQuery,
    gives: ['text/html'],
    run: async ({ query, req }, res) => {
      await ctx.limits.take('anonymous', addressOf(ctx, req))
      // Ourselves too, for the demo and whatever else is served beside us.
      const frameAncestors = ["'self'", ...(await getAllowedOrigins(ctx, query.appKey))]
      // Not kept at all: browsers that ask whether a page has changed go on with the policy that they know.
      const caching = 'no-store'
      sendPage(res, webDir, 'groupConversation.html', { policy: APP_POLICY, frameAncestors, caching })
    },
  })
}

/** `frameAncestors`: who may show it in a frame; nobody unless given. */
function sendPage(
  res: Response,
  root: string,
  file: string,
  {
    policy,
    frameAncestors = ["'none'"],
    caching = 'no-cache',
  }: { policy: string[]; frameAncestors?: string[]; caching?: string },
): void {
  const directives = [...policy, `frame-ancestors ${frameAncestors.join(' ')}`]
  // Says the same to old browsers, which know no list.
  if (frameAncestors.length > 1) res.removeHeader('X-Frame-Options')
  else res.setHeader('X-Frame-Options', frameAncestors[0] === "'self'" ? 'SAMEORIGIN' : 'DENY')
  res.sendFile(file, {
    root,
    headers: { 'Cache-Control': caching, 'Content-Security-Policy': directives.join('; ') },
  })
}
