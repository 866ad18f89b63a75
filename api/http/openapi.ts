import type { Router } from 'express'
import { z } from 'zod'
import * as attachments from '../../shared/wire/attachments.js'
import * as contacts from '../../shared/wire/contacts.js'
import * as conversations from '../../shared/wire/conversations.js'
import * as emojis from '../../shared/wire/emojis.js'
import { ERROR_STATUS, ErrorBody, type ErrorCode } from '../../shared/wire/errors.js'
import * as favourites from '../../shared/wire/favourites.js'
import * as ids from '../../shared/wire/ids.js'
import * as members from '../../shared/wire/members.js'
import * as messages from '../../shared/wire/messages.js'
import * as objects from '../../shared/wire/objects.js'
import * as requests from '../../shared/wire/requests.js'
import * as sessionTypes from '../../shared/wire/session-types.js'
import * as sessions from '../../shared/wire/sessions.js'
import * as users from '../../shared/wire/users.js'
import { factsOf, type RouteFacts } from './route.js'

/** What a router's routes need: nothing, a user's or administrator's token, or the push server's. */
export type Access = 'public' | 'user' | 'service'

/** A router as the app mounts it. */
export interface Mount {
  prefix: string
  access: Access
  router: Router
}

/** A route as it is served. `facts` is undefined for a handler that tells nothing of itself. */
export interface FoundRoute {
  method: string
  /** OpenAPI's spelling: `/v1/users/{userId}`. */
  path: string
  access: Access
  facts: RouteFacts | undefined
  /** The route's own, one after the other. */
  handlerCount: number
}

// biome-ignore lint/suspicious/noExplicitAny: JSON, made by zod
export type Json = any

const JSON_TYPE = 'application/json'
const BYTES_TYPE = 'application/octet-stream'
const FORM_TYPE = 'application/x-www-form-urlencoded'

/** The routes of the mounted routers, in the order in which they are tried. Throws for what cannot be told. */
export function findRoutes(mounts: Mount[]): FoundRoute[] {
  return mounts.flatMap(({ prefix, access, router }) =>
    routesIn(router).map(({ method, path, handlers }) => ({
      method,
      path: `${prefix}${path}`.replace(/:(\w+)/g, '{$1}'),
      access,
      facts: handlers.map(factsOf).find((facts) => facts !== undefined),
      handlerCount: handlers.length,
    })),
  )
}

type Handler = Parameters<typeof factsOf>[0]

/** A layer of Express' router. `slash`: it matches everything below its mount point. */
interface Layer {
  slash?: boolean
  handle: Handler & { stack?: Layer[] }
  route?: { path: unknown; stack: { method?: string; handle: Handler }[] }
}

function routesIn(router: Router): { method: string; path: string; handlers: Handler[] }[] {
  return (router.stack as unknown as Layer[]).flatMap((layer) => {
    const { route, handle } = layer
    if (route) {
      if (typeof route.path !== 'string' || !/^(\/:?[\w.-]+)+$/.test(route.path)) {
        throw new Error(`OpenAPI has no such address: ${route.path}`)
      }
      const path = route.path
      const methods = [...new Set(route.stack.map(({ method }) => method))]
      return methods
        .filter((method) => method !== undefined)
        .map((method) => ({
          method,
          path,
          handlers: route.stack.filter((each) => each.method === method).map((each) => each.handle),
        }))
    }
    if (!handle.stack) return []
    // Express does not remember where a router is mounted; ours are put together without prefixes.
    if (!layer.slash) throw new Error('a router inside a router must be mounted without a prefix')
    return routesIn(handle as Router)
  })
}

/**
 * The OpenAPI 3.1 document of the mounted routers, made from the schemas that check their requests. The same
 * routes make the same document, to the byte. `schemas` are shown under their names, like those of shared/wire.
 */
export function createDocument(mounts: Mount[], schemas: Record<string, z.ZodType> = {}): Json {
  const components = new Components({ ...wireSchemas(), ErrorBody, ...schemas })
  const paths: Record<string, Json> = {}
  for (const found of findRoutes(mounts)) {
    paths[found.path] ??= {}
    // Express gives a request to the first of two.
    paths[found.path][found.method] ??= operation(found, components)
  }
  const errors = errorResponses(components)
  return {
    openapi: '3.1.0',
    info: {
      title: 'Nudge',
      version: '1',
      description: INTRODUCTION,
      license: { name: 'MIT', identifier: 'MIT' },
    },
    servers: [{ url: '/' }],
    tags: tagsOf(paths).map((name) => ({ name })),
    paths,
    components: {
      schemas: components.sorted(),
      responses: errors,
      securitySchemes: {
        bearer: { type: 'http', scheme: 'bearer', description: 'A token of users/login or oauth/token.' },
        query: { type: 'apiKey', in: 'query', name: 'access_token', description: 'The same, in the query.' },
        service: { type: 'http', scheme: 'bearer', description: 'The push server’s own token.' },
      },
    },
  }
}

const INTRODUCTION = `Instant messaging that syncs. Pull a list, remember the largest \`updatedAt\` you have seen,
and send it as \`Client-Sync-Time\` with the next pull: you are given every later change, once. Push says when.

Bodies are JSON or urlencoded; in forms the literal texts \`null\` and \`undefined\` count as absent, and the token
may be a field \`access_token\`. Give a token in one place only.`

function operation({ method, path, access, facts = {} }: FoundRoute, components: Components): Json {
  const { params, query, body, answer } = facts
  const isList = query instanceof z.ZodObject && 'limit' in query.shape
  const parameters = [
    ...parametersOf('path', params, components),
    ...parametersOf('query', query, components),
    ...(isList || facts.usesCursor ? [SYNC_TIME] : []),
  ]
  const bodySchema = body && components.schemaOf(body, 'input')
  const accepts = facts.accepts ?? (body ? [JSON_TYPE, FORM_TYPE] : [])
  const bodyContent = (type: string) =>
    type.startsWith('multipart/') ? { schema: FILE_FORM } : { schema: bodySchema }
  const gives = facts.gives ?? [JSON_TYPE]
  const content = Object.fromEntries(
    gives.map((type) => [
      type,
      type === JSON_TYPE && answer ? { schema: components.schemaOf(answer, 'output') } : {},
    ]),
  )
  return {
    tags: [tagOf(path)],
    summary: facts.summary ?? `${method.toUpperCase()} ${path}`,
    operationId: operationIdOf(method, path),
    ...(access === 'public' && { security: [] }),
    ...(access === 'user' && { security: [{ bearer: [] }, { query: [] }] }),
    ...(access === 'service' && { security: [{ service: [] }] }),
    ...(parameters.length > 0 && { parameters }),
    ...(accepts.length > 0 && {
      requestBody: {
        required: true,
        content: Object.fromEntries(accepts.map((type) => [type, bodyContent(type)])),
      },
    }),
    responses: {
      200: { description: 'Done', content },
      ...(gives.includes(BYTES_TYPE) && {
        206: { description: 'The part that Range asked for', content },
        304: { description: 'What the caller has is still right' },
      }),
      ...Object.fromEntries(errorsOf(access, accepts).map((status) => [status, errorRef(status)])),
      default: errorRef('Error'),
    },
  }
}

/** One file, in a field of any name. */
const FILE_FORM = { type: 'object', properties: { file: { type: 'string', format: 'binary' } } }

const SYNC_TIME = {
  name: 'Client-Sync-Time',
  in: 'header',
  required: false,
  description:
    'Only what is newer (in history: older) than this: milliseconds since 1970, may be negative, or a date text.',
  schema: { type: 'string' },
  examples: { number: { value: '1479611045678' }, date: { value: '2016-11-20T03:04:05.678Z' } },
}

function parametersOf(
  place: 'path' | 'query',
  schema: z.ZodType | undefined,
  components: Components,
): Json[] {
  if (!schema) return []
  const { properties, required = [] } = components.inline(schema, 'input')
  if (!properties) throw new Error(`the ${place} of a route must be a z.object`)
  return Object.entries(properties).map(([name, schema]) => ({
    name,
    in: place,
    required: place === 'path' || required.includes(name),
    schema,
  }))
}

const SERVER_TAG = 'server'

/** What a user owns, or a session holds, is a subject of its own. */
function tagOf(path: string): string {
  if (!path.startsWith('/v1/')) return SERVER_TAG
  const [, first = '', second, third] = path.slice(1).split('/')
  const isOwner = (first === 'users' || first === 'sessions') && second?.startsWith('{')
  return isOwner && third ? third : first
}

/** In the order of the routes, the server's own affairs last. */
function tagsOf(paths: Record<string, Json>): string[] {
  const operations = Object.values(paths).flatMap((item) => Object.values<Json>(item))
  const tags = new Set<string>(operations.flatMap((operation) => operation.tags))
  return [...tags].filter((tag) => tag !== SERVER_TAG).concat(SERVER_TAG)
}

/** `GET /v1/users/{userId}/notes` is `getUsersByUserIdNotes`. */
function operationIdOf(method: string, path: string): string {
  const words = path
    .replace(/^\/v1\//, '/')
    .replace(/\{(\w+)\}/g, 'by/$1')
    .split(/[^\w]+/)
    .filter((word) => word !== '')
  return method + words.map((word) => word.charAt(0).toUpperCase() + word.slice(1)).join('')
}

function errorsOf(access: Access, accepts: string[]): number[] {
  return [
    400,
    ...(access === 'public' ? [] : [401, 403, 404]),
    ...(accepts.length > 0 ? [409, 413, 415] : []),
    ...(access === 'service' ? [] : [429]),
    500,
    503,
  ]
}

function errorRef(name: number | string): Json {
  return { $ref: `#/components/responses/${name === 'Error' ? name : `Error${name}`}` }
}

/** One answer a status, with the codes that come with it. */
function errorResponses(components: Components): Json {
  const codes = Object.keys(ERROR_STATUS) as ErrorCode[]
  const statuses = [...new Set(Object.values(ERROR_STATUS))].sort((a, b) => a - b)
  const content = { [JSON_TYPE]: { schema: components.schemaOf(ErrorBody, 'output') } }
  const retryAfter = {
    'Retry-After': { description: 'Seconds until it may be tried again', schema: { type: 'integer' } },
  }
  const byStatus = statuses.map((status) => [
    `Error${status}`,
    {
      description: codes.filter((code) => ERROR_STATUS[code] === status).join(', '),
      ...((status === 429 || status === 503) && { headers: retryAfter }),
      content,
    },
  ])
  return Object.fromEntries([...byStatus, ['Error', { description: 'Any other refusal', content }]])
}

const WIRE_MODULES = [
  attachments,
  contacts,
  conversations,
  emojis,
  favourites,
  ids,
  members,
  messages,
  objects,
  requests,
  sessionTypes,
  sessions,
  users,
]

/** The exported schemas of shared/wire by their names; `UserObject` is called `User`. */
function wireSchemas(): Record<string, z.ZodType> {
  const exported = WIRE_MODULES.flatMap((module): [string, unknown][] => Object.entries(module))
  return Object.fromEntries(
    exported
      .filter((entry): entry is [string, z.ZodType] => entry[1] instanceof z.ZodType)
      .map(([name, schema]) => [name.replace(/Object$/, ''), schema]),
  )
}

/** JSON schemas, with those that have a name put aside and referred to. */
class Components {
  readonly #registry = z.registry<{ id: string }>()
  readonly #used = new Map<string, string>()

  constructor(named: Record<string, z.ZodType>) {
    for (const [id, schema] of Object.entries(named)) this.#registry.add(schema, { id })
  }

  /** A schema as a client sends it (`input`) or is given it (`output`); a reference when it has a name. */
  schemaOf(schema: z.ZodType, io: 'input' | 'output'): Json {
    return this.#convert(z.object({ it: schema }), io).properties.it
  }

  /** The same without reference. */
  inline(schema: z.ZodType, io: 'input' | 'output'): Json {
    return this.#convert(schema, io)
  }

  sorted(): Json {
    const entries = [...this.#used].sort(([a], [b]) => (a < b ? -1 : 1))
    return Object.fromEntries(entries.map(([name, json]) => [name, JSON.parse(json)]))
  }

  #convert(schema: z.ZodType, io: 'input' | 'output'): Json {
    const options = { io, metadata: this.#registry, unrepresentable: 'any', override: tidy } as const
    const text = JSON.stringify(z.toJSONSchema(schema, options))
    const {
      $schema: _,
      $defs = {},
      ...json
    } = JSON.parse(text.replaceAll('#/$defs/', '#/components/schemas/'))
    for (const [name, { id: _, ...definition }] of Object.entries<Json>($defs)) {
      const known = this.#used.get(name)
      const now = JSON.stringify(definition)
      if (known !== undefined && known !== now) throw new Error(`${name} reads otherwise than it is written`)
      this.#used.set(name, now)
    }
    return json
  }
}

const ISO_PATTERN = '^\\d{4}-\\d{2}-\\d{2}T\\d{2}:\\d{2}:\\d{2}\\.\\d{3}Z$'

/** Answers may get new fields one day, so the document does not forbid them; tests do. */
function tidy({ jsonSchema }: { jsonSchema: Json }): void {
  if (jsonSchema.additionalProperties === false) delete jsonSchema.additionalProperties
  // zod's own pattern knows leap years, and nobody can read it
  if (jsonSchema.format === 'date-time') jsonSchema.pattern = ISO_PATTERN
  // zod's way to say "any integer"
  if (jsonSchema.minimum === Number.MIN_SAFE_INTEGER) delete jsonSchema.minimum
  if (jsonSchema.maximum === Number.MAX_SAFE_INTEGER) delete jsonSchema.maximum
}
