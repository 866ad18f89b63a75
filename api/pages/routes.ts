import { existsSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import express, { type RequestHandler, Router } from 'express'
import type { Context } from '../context.js'

/**
 * Everything from here, no script inside a page. Mantine, the component library, writes style attributes. Push is on
 * another port or host, and the avatars of old clients may be anywhere on the web.
 */
const POLICY = [
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

/** The app's own paths. `/acceptInvite` is what mails lead to: the form for new accounts. */
const APP_PATHS = ['/', '/acceptInvite']
const YEAR_MS = 365 * 24 * 3600_000

/** The web app, as `npm run build` made it; nothing where WEB_DIR says off. */
export function webRoutes(ctx: Context): Router {
  const router = Router()
  const { webDir } = ctx.config
  if (webDir === null) return router
  if (!existsSync(join(webDir, 'index.html'))) {
    ctx.log.warn(`there is no web app in ${webDir}: npm run build makes it`)
    return router
  }

  router.get(APP_PATHS, page(webDir, 'index.html', ["frame-ancestors 'none'"]))
  // Their names change with what is in them.
  router.use('/assets', express.static(join(webDir, 'assets'), { immutable: true, maxAge: YEAR_MS }))
  // One by one, so that other requests do not go by the disk.
  for (const file of readdirSync(webDir).filter((name) => /^(?!.*\.html$).*\./.test(name))) {
    router.get(`/${file}`, (_req, res) => {
      res.sendFile(file, { root: webDir, headers: { 'Cache-Control': 'no-cache' } })
    })
  }
  return router
}

/** A page; `more` is what its policy says besides. */
function page(root: string, file: string, more: string[]): RequestHandler {
  const headers = {
    'Cache-Control': 'no-cache',
    'Content-Security-Policy': [...POLICY, ...more].join('; '),
  }
  return (_req, res) => res.sendFile(file, { root, headers })
}
