import type { RequestHandler } from 'express'
import { AppError } from '../../shared/server/app-error.js'
import type { ClaimsOf, Tokens } from '../../shared/server/tokens.js'
import { ADMIN_USER_ID, type Viewer } from './viewer.js'

/** The bytes of attachments. */
const FILE_PATH = /^\/attachments\/\d+\/content(\/|$)/i

/**
 * Finds the token in the Authorization header, the query or an urlencoded body, in exactly one of them. For the bytes
 * of attachments a token for files will do. Throws InvalidRequest, and InvalidToken when it is not a valid user or
 * admin token. (yun2win.md §1.2)
 */
export function authenticate(tokens: Tokens): RequestHandler {
  return (req, res, next) => {
    const token = findToken(req)
    const isFile = (req.method === 'GET' || req.method === 'HEAD') && FILE_PATH.test(req.path)
    const reader = isFile ? tokens.verify('files', token) : undefined
    res.locals.viewer = reader ? viewerOfLogin(reader) : viewerOf(tokens, token)
    next()
  }
}

/** The viewer of an access or admin token. Throws InvalidToken. */
export function viewerOf(tokens: Tokens, token: string): Viewer {
  const user = tokens.verify('access', token)
  if (user) return viewerOfLogin(user)
  const admin = tokens.verify('admin', token)
  if (admin) return { appId: admin.app, userId: ADMIN_USER_ID, isAdmin: true }
  throw new AppError('InvalidToken', 'the access token is invalid or has expired')
}

function viewerOfLogin({ app, sub, login }: ClaimsOf<'access'>): Viewer {
  return { appId: app, userId: sub, isAdmin: false, login }
}

/** Only the push server may ask. Throws InvalidToken. */
export function authenticateService(tokens: Tokens): RequestHandler {
  return (req, _res, next) => {
    if (!tokens.verify('service', findToken(req))) {
      throw new AppError('InvalidToken', 'the service token is invalid or has expired')
    }
    next()
  }
}

interface TokenCarrier {
  method: string
  headers: { authorization?: string | undefined }
  query: Record<string, unknown>
  body?: unknown
  is(type: string): string | false | null
}

/** The one token a request carries. Throws InvalidRequest when there is none or more than one. */
export function findToken(req: TokenCarrier): string {
  const header = req.headers.authorization
  const bearer = bearerOf(header)
  if (header !== undefined && bearer === undefined) {
    throw new AppError('InvalidRequest', 'the Authorization header must be: Bearer <token>')
  }
  const found = [bearer, req.query.access_token, tokenInForm(req)].filter((token) => token !== undefined)
  const [token] = found
  if (token === undefined) throw new AppError('InvalidRequest', 'an access token is required')
  if (found.length > 1 || typeof token !== 'string') {
    throw new AppError('InvalidRequest', 'the access token must be given once, in one place')
  }
  return token
}

/** The token of an Authorization header; undefined when there is none, or nothing that we understand. */
export function bearerOf(header: string | undefined): string | undefined {
  return header === undefined ? undefined : /^Bearer\s+(\S+)$/.exec(header)?.[1]
}

function tokenInForm(req: TokenCarrier): unknown {
  if (req.method === 'GET' || !req.is('application/x-www-form-urlencoded')) return undefined
  return (req.body as Record<string, unknown> | undefined)?.access_token
}
