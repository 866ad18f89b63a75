import { type Request, type RequestHandler, Router } from 'express'
import type { Context } from '../context.js'
import type { Viewer } from '../http/viewer.js'
import { addressKey, type LimitKind } from './limits.js'

/** What is asked without a token, by address. Health checks are never limited. */
export function limitAddresses(ctx: Context): RequestHandler {
  const router = Router()
  const by = (kind: LimitKind): RequestHandler => {
    return async (req, _res, next) => {
      await ctx.limits.take(kind, addressOf(ctx, req))
      next()
    }
  }
  router.post('/v1/users/login', by('login'))
  router.post('/v1/users/register', by('register'))
  router.all(['/oauth/token', '/gateHandler', '/embedding'], by('anonymous'))
  return asHandler(router)
}

/** What is asked with a user's token, by user; for what is below /v1. */
export function limitUsers(ctx: Context): RequestHandler {
  const router = Router()
  const by = (kind: LimitKind): RequestHandler => {
    return async (_req, res, next) => {
      const viewer = res.locals.viewer as Viewer
      // An application's own server works for all of its users.
      if (!viewer.isAdmin) await ctx.limits.take(kind, viewer.userId)
      next()
    }
  }
  // The same addresses as the routes', so that Express tells them apart in the same way.
  router.use(by('request'))
  router.post('/users/setPassword', by('setPassword'))
  router.put('/users/:userId', by('profile'))
  router.get('/users', by('search'))
  router.get('/users/:userId/seen', by('seen'))
  router.post('/users/:userId/contacts', by('meet'))
  router.post('/attachments', by('upload'))
  router.post('/sessions/:sessionId/members/invite', by('invite'))
  router.post('/sessions/:sessionId/messages', by('send'))
  return asHandler(router)
}

/** Where a request comes from, as far as TRUST_PROXY lets us believe it. */
export function addressOf(ctx: Context, req: Request): string {
  if (req.headers['x-forwarded-for'] !== undefined && ctx.config.trustProxy === false) warnOnce(ctx)
  return addressKey(req.ip)
}

const warned = new WeakSet<Context>()

function warnOnce(ctx: Context): void {
  if (!ctx.config.limits || warned.has(ctx)) return
  warned.add(ctx)
  ctx.log.warn(
    'requests come through a proxy (X-Forwarded-For) and TRUST_PROXY is off: limits take everybody behind it for one',
  )
}

/** These routes only count, so they are no part of the documented API. */
function asHandler(router: Router): RequestHandler {
  return (req, res, next) => router(req, res, next)
}
