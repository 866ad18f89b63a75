import type { Request, RequestHandler, Response } from 'express'
import { z } from 'zod'
import { AppError } from '../../shared/server/app-error.js'
import { Text } from '../../shared/wire/text.js'
import { BEGINNING, parseCursor, type Stamp } from '../../shared/wire/time.js'
import type { LimitKind } from '../limits/limits.js'
import { MAX_LIMIT, type PageRequest } from '../sync/collection.js'
import type { Viewer } from './viewer.js'

type Parsed<S> = S extends z.ZodType ? z.output<S> : undefined

/** What a route's `run` gets: everything checked and typed. */
export interface RouteInput<P, Q, B> {
  viewer: Viewer
  params: Parsed<P>
  query: Parsed<Q>
  body: Parsed<B>
  /** `Client-Sync-Time` in ms, undefined when not sent. */
  cursor: Stamp | undefined
  req: Request
}

export interface RouteSpec<P, Q, B> {
  params?: P
  query?: Q
  body?: B
  /** One line for the documentation. */
  summary?: string
  /** Documents the answer, and checks it in tests. */
  answer?: z.ZodType
  /** Documented: `Client-Sync-Time` counts here. Lists with ListQuery need not say so. */
  usesCursor?: boolean
  /** Media types of the request's body, where they are not JSON and urlencoded. */
  accepts?: string[]
  /** Asked for with every message: answered without Express where that is possible. Its `run` may not use `req`. */
  hot?: Hot
  /** Its result is the answer's JSON. */
  run(input: RouteInput<P, Q, B>): Promise<unknown>
}

/** What counts against the limits of a hot route, besides `request`; the same as in `limitUsers`. */
export interface Hot {
  limits: LimitKind[]
}

/** What is left of a request when it has been taken apart. */
interface RequestParts {
  viewer: Viewer
  params: unknown
  query: unknown
  body: unknown
  /** `Client-Sync-Time`. */
  cursorText: string | undefined
}

export type HotInput = Omit<RouteInput<z.ZodType, z.ZodType, z.ZodType>, 'req'>

/** A spec with `hot`, whatever it takes. */
export interface HotSpec extends RouteFacts {
  hot: Hot
  run(input: HotInput): Promise<unknown>
}

/** What documentation is made of: a route's spec, found at its handler. */
export interface RouteFacts
  extends Pick<
    RouteSpec<z.ZodType | undefined, z.ZodType | undefined, z.ZodType | undefined>,
    'params' | 'query' | 'body' | 'summary' | 'answer' | 'usesCursor' | 'accepts' | 'hot'
  > {
  /** Media types of the answer, where it is not JSON. */
  gives?: string[]
}

const facts = new WeakMap<RequestHandler, RouteFacts>()

/** Tells the documentation about a handler that `route` did not make: uploads, files and the like. */
export function described(about: RouteFacts, handler: RequestHandler): RequestHandler {
  facts.set(handler, about)
  return handler
}

/** What is told of a handler; undefined for one that neither `route` nor `described` made. */
export function factsOf(handler: RequestHandler): RouteFacts | undefined {
  return facts.get(handler)
}

/** Turns a URL's schemas and one call into an Express handler. Throws InvalidParameter for what does not fit. */
export function route<
  P extends z.ZodType | undefined = undefined,
  Q extends z.ZodType | undefined = undefined,
  B extends z.ZodType | undefined = undefined,
>(spec: RouteSpec<P, Q, B>): RequestHandler {
  return described(spec, async (req: Request, res: Response) => {
    const result = await spec.run(inputOf(spec, req, res))
    res.json(result ?? null)
  })
}

/** A route whose answer is not JSON: the same checks, and `run` writes to `res` itself. */
export interface RawRouteSpec<P, Q> extends Pick<RouteSpec<P, Q, undefined>, 'params' | 'query' | 'summary'> {
  /** Media types of the answer. */
  gives: string[]
  run(input: RouteInput<P, Q, undefined>, res: Response): Promise<void>
}

/** `route` for files and the like. Refusals are JSON there, too: throw before anything is written. */
export function rawRoute<
  P extends z.ZodType | undefined = undefined,
  Q extends z.ZodType | undefined = undefined,
>(spec: RawRouteSpec<P, Q>): RequestHandler {
  return described(spec, (req: Request, res: Response) =>
    spec.run(inputOf<P, Q, undefined>(spec, req, res), res),
  )
}

function inputOf<P, Q, B>(
  spec: { params?: P; query?: Q; body?: B },
  req: Request,
  res: Response,
): RouteInput<P, Q, B> {
  const { params, query, body } = req
  const parts = {
    viewer: res.locals.viewer as Viewer,
    params,
    query,
    body,
    cursorText: req.get('Client-Sync-Time'),
  }
  return { ...readInput(spec, parts), req }
}

/** Checks and types a request. Throws InvalidParameter for what does not fit. */
export function readInput<P, Q, B>(
  spec: { params?: P; query?: Q; body?: B },
  { viewer, params, query, body, cursorText }: RequestParts,
): Omit<RouteInput<P, Q, B>, 'req'> {
  return {
    viewer,
    params: check(spec.params as z.ZodType | undefined, params) as Parsed<P>,
    query: check(spec.query as z.ZodType | undefined, query) as Parsed<Q>,
    body: check(spec.body as z.ZodType | undefined, body ?? {}) as Parsed<B>,
    cursor: cursorOf(cursorText),
  }
}

/** Paging of every list. (yun2win.md §1.3) */
export const ListQuery = z.object({
  limit: z.coerce
    .number()
    .int()
    .min(1)
    .transform((limit) => Math.min(limit, MAX_LIMIT))
    .optional(),
  offset: z.coerce.number().int().min(0).max(10_000).optional(),
  filter_term: Text.optional(),
})

/** What a list is asked for; everything when the caller sends no cursor. */
export function pageRequest(query: z.output<typeof ListQuery>, cursor: Stamp | undefined): PageRequest {
  return {
    cursor: cursor ?? BEGINNING,
    limit: query.limit,
    offset: query.offset,
    filterTerm: query.filter_term,
  }
}

function cursorOf(header: string | undefined): Stamp | undefined {
  if (header === undefined || header === '') return undefined
  const cursor = parseCursor(header)
  if (cursor === undefined) {
    throw new AppError('InvalidParameter', 'Client-Sync-Time: must be milliseconds or a date')
  }
  return cursor
}

function check(schema: z.ZodType | undefined, value: unknown): unknown {
  if (!schema) return undefined
  const result = schema.safeParse(value)
  if (result.success) return result.data
  throw new AppError('InvalidParameter', describe(result.error, value))
}

/** One line for the first problem; a missing field in the vendor's words, which old clients show. (§1.5) */
function describe(error: z.ZodError, value: unknown): string {
  const issue = error.issues[0]
  if (!issue) return 'the request does not fit'
  const field = issue.path.join('.')
  if (!field) return 'the body must be an object with fields'
  const given = issue.path.reduce<unknown>((at, key) => (at as Record<PropertyKey, unknown>)?.[key], value)
  return given === undefined ? `${field}参数不存在！` : `${field}: ${issue.message}`
}
