import { randomUUID } from 'node:crypto'
import { IncomingMessage, type RequestListener, ServerResponse } from 'node:http'
import { Socket } from 'node:net'
import { parse as parseQuery } from 'node:querystring'
import { promisify } from 'node:util'
import { gzip as gzipBuffer } from 'node:zlib'
import type { RequestHandler } from 'express'
import { AppError } from '../../shared/server/app-error.js'
import type { Context } from '../context.js'
import type { LimitKind } from '../limits/limits.js'
import { requireActive } from '../users/active.js'
import { bearerOf, viewerOf } from './authenticate.js'
import { presentError, refusalOf, UNREADABLE } from './errors.js'
import { findRoutes, type Mount } from './openapi.js'
import { type HotInput, type HotSpec, readInput } from './route.js'

const gzip = promisify(gzipBuffer)
/** Shorter answers (bytes) are sent as they are; `compression` does the same. */
const COMPRESSED_FROM = 1024
/** Who weighs encodings is left to Express. */
const ACCEPTS_GZIP = /(^|,)\s*gzip\s*(,|$)/

interface Lane {
  ctx: Context
  routes: HotRoute[]
  /** What is in every answer: names and values in turns. */
  headers: string[]
  logRequest: RequestHandler
}

interface HotRoute {
  method: string
  pattern: RegExp
  names: string[]
  spec: HotSpec
}

/** A request that the lane takes. */
interface Taken {
  route: HotRoute
  params: Record<string, string>
  query: Record<string, unknown>
  token: string
}

/**
 * Answers routes that say `hot` without Express's chain, which takes longer than what they do. Only requests in the
 * one plain form that today's clients use are taken: an exact address, a Bearer token, JSON of a known length. All
 * others go to `express`, which would answer every one of them the same, but for preferring Brotli to gzip.
 * (test/e2e/fast-lane.test.ts)
 */
export function fastLane(
  ctx: Context,
  mounts: Mount[],
  express: RequestListener,
  chain: { setHeaders: RequestHandler[]; logRequest: RequestHandler },
): RequestListener {
  const { logRequest } = chain
  const headers = [...headersOf(chain.setHeaders), 'Vary', 'Accept-Encoding']
  const lane: Lane = { ctx, routes: findHot(mounts), headers, logRequest }
  return (req, res) => {
    const taken = take(lane, req)
    // Nothing is left to be said to whoever cannot be answered.
    if (taken) answer(lane, taken, req, res).catch(() => req.socket.destroy())
    else express(req, res)
  }
}

function findHot(mounts: Mount[]): HotRoute[] {
  return findRoutes(mounts).flatMap(({ method, path, access, facts, handlerCount }) => {
    if (!facts?.hot) return []
    // Only these checks are made here.
    if (access !== 'user' || handlerCount > 1) throw new Error(`${method} ${path} cannot be hot`)
    const names = [...path.matchAll(/\{(\w+)\}/g)].map(([, name]) => name as string)
    const pattern = new RegExp(`^${path.replace(/\{\w+\}/g, '([\\w-]+)')}$`)
    return [{ method: method.toUpperCase(), pattern, names, spec: facts as HotSpec }]
  })
}

/** What these set in any answer to a plain request. */
function headersOf(handlers: RequestHandler[]): string[] {
  const req = Object.assign(new IncomingMessage(new Socket()), { method: 'GET', url: '/' })
  const res = new ServerResponse(req)
  for (const handler of handlers) handler(req as never, res as never, () => {})
  return Object.entries(res.getHeaders()).flatMap(([name, value]) => [name, String(value)])
}

function take({ ctx, routes }: Lane, req: IncomingMessage): Taken | undefined {
  const { url = '', headers } = req
  const mark = url.indexOf('?')
  const path = mark < 0 ? url : url.slice(0, mark)
  for (const route of routes) {
    if (route.method !== req.method) continue
    const found = route.pattern.exec(path)
    if (!found) continue
    const token = bearerOf(headers.authorization)
    const query = mark < 0 ? {} : parseQuery(url.slice(mark + 1))
    if (req.headers['accept-encoding']?.includes('q=') || url.includes('#')) return
    if (!token || query.access_token !== undefined || !hasPlainBody(req, ctx.config.maxBodyBytes)) return
    const params = Object.fromEntries(route.names.map((name, n) => [name, found[n + 1] as string]))
    return { route, params, query, token }
  }
  return undefined
}

function hasPlainBody({ method, headers }: IncomingMessage, maxBytes: number): boolean {
  if (headers['transfer-encoding'] !== undefined || headers['content-encoding'] !== undefined) return false
  const length = headers['content-length']
  if (method === 'GET') return length === undefined
  return (
    Number(length) > 0 &&
    Number(length) <= maxBytes &&
    /^application\/json(; ?charset=utf-8)?$/i.test(headers['content-type'] ?? '')
  )
}

/** The steps of Express's chain, in their order. */
async function answer(lane: Lane, taken: Taken, req: IncomingMessage, res: ServerResponse): Promise<void> {
  const { ctx } = lane
  const { route, params, query } = taken
  // Below that level it writes next to nothing, and takes its time. What fails is logged below.
  if (ctx.log.isLevelEnabled('info')) lane.logRequest(req as never, res as never, () => {})
  else res.setHeader('X-Request-Id', randomUUID())
  try {
    const body = req.method === 'GET' ? undefined : parseJson(await read(req))
    // It took too long to come in, and was answered.
    if (res.headersSent) return
    const viewer = viewerOf(ctx.tokens, taken.token)
    if (!viewer.isAdmin) {
      for (const kind of ['request', ...route.spec.hot.limits] as LimitKind[]) {
        await ctx.limits.take(kind, viewer.userId)
      }
    }
    await requireActive(ctx, viewer)
    const cursorText = req.headers['client-sync-time'] as string | undefined
    const input = readInput(route.spec, { viewer, params, query, body, cursorText })
    const result = await route.spec.run(input as HotInput)
    await send(lane, req, res, 200, result)
  } catch (thrown) {
    if (res.headersSent) throw thrown
    const error = refusalOf(thrown, res.getHeader('X-Request-Id'), ctx.log)
    if (error.status >= 500 && !ctx.log.isLevelEnabled('info')) {
      const [path] = String(req.url).split('?')
      const asked = { id: res.getHeader('X-Request-Id'), method: req.method, path }
      ctx.log.error({ req: asked, res: { status: error.status } }, 'request errored')
    }
    if (error.retryAfterS !== undefined) res.setHeader('Retry-After', error.retryAfterS)
    await send(lane, req, res, error.status, presentError(error))
  }
}

/** Stays open for ever when the client goes away: nobody waits for the answer then. */
function read(req: IncomingMessage): Promise<Buffer> {
  return new Promise((resolve) => {
    const chunks: Buffer[] = []
    req.on('data', (chunk: Buffer) => chunks.push(chunk))
    req.on('end', () => resolve(chunks.length === 1 ? (chunks[0] as Buffer) : Buffer.concat(chunks)))
    req.on('error', () => {})
  })
}

function parseJson(bytes: Buffer): object {
  try {
    const value = JSON.parse(new TextDecoder().decode(bytes))
    if (typeof value === 'object' && value !== null) return value
  } catch {}
  throw new AppError('InvalidRequest', UNREADABLE)
}

async function send(
  { ctx, headers }: Lane,
  req: IncomingMessage,
  res: ServerResponse,
  status: number,
  value: unknown,
): Promise<void> {
  // A text goes out in one piece with the head.
  let body: string | Buffer = JSON.stringify(value ?? null)
  const more: string[] = []
  if (
    Buffer.byteLength(body) >= COMPRESSED_FROM &&
    ACCEPTS_GZIP.test(String(req.headers['accept-encoding']))
  ) {
    body = await gzip(body)
    more.push('Content-Encoding', 'gzip')
  }
  const length = String(Buffer.byteLength(body))
  more.push('Content-Type', 'application/json; charset=utf-8', 'Content-Length', length)
  if (ctx.isStopping()) more.push('Connection', 'close')
  res.writeHead(status, [...headers, ...more]).end(body)
}
