import { type ErrorRequestHandler, type Request, type RequestHandler, Router } from 'express'
import { AppError } from '../../shared/server/app-error.js'
import { findRoutes, type Mount } from './openapi.js'

/**
 * Who asks for an address that is not served is told so, whether or not he has a token: old clients repeat a
 * request at such an address after a 401, and asked for a token again they would never end. (yun2win.md §3 #2)
 * `checks` ask for a token; `mounts` may be filled later.
 */
export function askForToken(mounts: Mount[], ...checks: RequestHandler[]): RequestHandler {
  let isServed: ((req: Request) => boolean) | undefined
  const hideUnknown: ErrorRequestHandler = (error, req, _res, next) => {
    isServed ??= servedBy(mounts)
    const isAboutToken =
      error instanceof AppError && (error.code === 'InvalidRequest' || error.code === 'InvalidToken')
    next(isAboutToken && !isServed(req) ? new AppError('NotFound', 'Not Found') : error)
  }
  const router = Router()
  router.use(...checks, hideUnknown)
  return (req, res, next) => router(req, res, next)
}

/** Matches as Express does: in any case, with or without a slash at the end, HEAD as GET. */
function servedBy(mounts: Mount[]): (req: Request) => boolean {
  const routes = findRoutes(mounts).map(({ method, path }) => ({
    method: method.toUpperCase(),
    pattern: new RegExp(`^${path.replace(/[.]/g, '\\.').replace(/\{\w+\}/g, '[^/]+')}/?$`, 'i'),
  }))
  return (req) => {
    const method = req.method === 'HEAD' ? 'GET' : req.method
    const path = req.baseUrl + req.path
    return routes.some((route) => route.method === method && route.pattern.test(path))
  }
}
