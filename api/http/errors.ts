import type { ErrorRequestHandler, RequestHandler } from 'express'
import { AppError } from '../../shared/server/app-error.js'
import type { Log } from '../../shared/server/log.js'
import type { ErrorBody, ErrorCode } from '../../shared/wire/errors.js'
import { isDatabaseAway } from '../database/away.js'

/** The vendor's short tags, by code. (yun2win.md §1.5) */
const TAGS: Partial<Record<ErrorCode, string>> = {
  InvalidParameter: 'Parameter error',
  InvalidRequest: 'invalid_request',
  InvalidClient: 'invalid_client',
  InvalidToken: 'invalid_token',
  NotAllowed: '没有权限',
}

/** The body of an error answer. */
export function presentError(error: AppError): ErrorBody {
  const { status, code } = error
  const tag = TAGS[code] ?? code
  const base = { status, code, error: tag }
  if (status !== 403) return { ...base, message: error.message || tag }
  // An old client learns that it was removed from a session only by this object.
  return { ...base, message: { code: 403, status: 403, error: tag }, detail: error.message }
}

/** No such address: also what old clients call when they repeat a request after a 401. (§3 #2) */
export const notFound: RequestHandler = () => {
  throw new AppError('NotFound', 'Not Found')
}

export function errorHandler(log: Log): ErrorRequestHandler {
  return (thrown, req, res, next) => {
    if (res.headersSent) return next(thrown)
    const error = refusalOf(thrown, req.id, log)
    if (error.retryAfterS !== undefined) res.setHeader('Retry-After', error.retryAfterS)
    res.status(error.status).json(presentError(error))
  }
}

/** What is answered to something thrown. Anything that is not an AppError is logged whole and answered without detail. */
export function refusalOf(thrown: unknown, requestId: unknown, log: Log): AppError {
  if (thrown instanceof AppError) return thrown
  return refusalByExpress(thrown) ?? databaseAway(thrown, log) ?? internal(thrown, requestId, log)
}

/** Of requests that are not what they say they are. */
export const UNREADABLE = 'the request cannot be read: malformed address or body'

/** Express and its body parsers throw errors with a 4xx `status` for what the caller did wrong. */
function refusalByExpress(thrown: unknown): AppError | undefined {
  if (!(thrown instanceof Error) || !('status' in thrown)) return undefined
  switch (thrown.status) {
    case 413:
      return new AppError('TooLarge', 'the body is too large')
    case 415:
      return new AppError('UnsupportedMediaType', 'the body is in an encoding that is not supported')
    case 400:
      return new AppError('InvalidRequest', UNREADABLE)
    default:
      return undefined
  }
}

/** The database is restarting, overloaded or out of reach: nobody's mistake, and worth another try. */
function databaseAway(thrown: unknown, log: Log): AppError | undefined {
  if (!isDatabaseAway(thrown)) return undefined
  log.warn({ reason: (thrown as Error).message }, 'the database is away')
  return new AppError('Unavailable', 'the service is busy, try again in a moment')
}

function internal(thrown: unknown, requestId: unknown, log: Log): AppError {
  log.error({ err: thrown, requestId }, 'request failed')
  return new AppError('Internal', 'internal error')
}
