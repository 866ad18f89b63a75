import { z } from 'zod'
import type { Extension } from '../../api/extensions/extension.js'
import { describeApi } from '../../api/http/describe.js'
import type { Json } from '../../api/http/openapi.js'

/** One operation of the OpenAPI document, to check answers with. */
interface Operation {
  method: string
  path: string
  /** How many parts of its path are fixed: of two that match, Express was given the more exact one first. */
  exactness: number
  matches: RegExp
  responses: Record<string, Json>
}

interface CheckedAnswer {
  method: string
  url: string
  status: number
  contentType: string | null
  body: unknown
}

let installed: Extension[] = []
let document: Json
let operations: Operation[] | undefined
const compiled = new Map<string, z.ZodType>()

/** Extensions whose routes are in the document from here on, in this test file. */
export function knowExtensions(extensions: Extension[]): void {
  const added = extensions.filter((extension) => !installed.includes(extension))
  if (added.length === 0) return
  installed = [...installed, ...added]
  operations = undefined
  compiled.clear()
}

/**
 * Every answer of the API that tests get is checked against the OpenAPI document, to the field: fields that the
 * document does not name fail too. Throws what is wrong.
 */
export function checkAnswer(answer: CheckedAnswer): void {
  const { method, status, contentType, body } = answer
  const { pathname } = new URL(answer.url)
  if (method === 'OPTIONS' || method === 'HEAD' || pathname.startsWith('/docs')) return
  const operation = find(method.toLowerCase(), pathname)
  const isJson = contentType?.startsWith('application/json')

  if (!operation || status >= 400) {
    // Whatever it is, a refusal has the one shape; what has no operation can only be refused.
    const problem = status < 400 ? 'is not in the OpenAPI document' : problemOf(body, ERROR_SCHEMA)
    if (problem) fail(answer, problem)
    if (operation && !operation.responses[status] && !operation.responses.default) {
      fail(answer, `${operation.path} does not name this status`)
    }
    return
  }
  const response = operation.responses[status]
  if (!response) fail(answer, `${operation.path} does not name this status`)
  // 304 and the like carry nothing.
  if (!response.content) return
  const { content } = response
  const media = content[isJson ? 'application/json' : findMedia(content, contentType)]
  if (!media) fail(answer, `${operation.path} gives no ${contentType}`)
  if (isJson && media.schema) {
    const problem = problemOf(body, media.schema)
    if (problem) fail(answer, problem)
  }
}

const ERROR_SCHEMA = { $ref: '#/components/schemas/ErrorBody' }

function findMedia(content: Json, contentType: string | null): string {
  const type = contentType?.split(';')[0] ?? ''
  return Object.keys(content).find((each) => each === type || fits(each, type)) ?? type
}

/** `image/*` and `*` `/*` in a document. */
function fits(pattern: string, type: string): boolean {
  return pattern === '*/*' || (pattern.endsWith('/*') && type.startsWith(pattern.slice(0, -1)))
}

function fail({ method, url, status, body }: CheckedAnswer, problem: string): never {
  const shown = JSON.stringify(body)?.slice(0, 500)
  throw new Error(`${method} ${new URL(url).pathname} answered ${status}, and ${problem}\n${shown}`)
}

function find(method: string, pathname: string): Operation | undefined {
  operations ??= readOperations()
  const path = pathname.replace(/\/{2,}/g, '/')
  return operations.find((operation) => operation.method === method && operation.matches.test(path))
}

function readOperations(): Operation[] {
  document = describeApi(installed).document
  return Object.entries<Json>(document.paths)
    .flatMap(([path, item]) =>
      Object.entries<Json>(item).map(([method, { responses }]) => ({
        method,
        path,
        exactness: path.split('/').filter((part) => part && !part.startsWith('{')).length,
        matches: new RegExp(`^${path.replace(/[.]/g, '\\.').replace(/\{\w+\}/g, '[^/]+')}/?$`, 'i'),
        responses,
      })),
    )
    .sort((a, b) => b.exactness - a.exactness)
}

/** What is wrong with a value, undefined when it fits. */
function problemOf(value: unknown, schema: Json): string | undefined {
  const key = JSON.stringify(schema)
  let check = compiled.get(key)
  if (!check) {
    if (!operations) operations = readOperations()
    check = z.fromJSONSchema(strict({ ...schema, $defs: document.components.schemas }))
    compiled.set(key, check)
  }
  const result = check.safeParse(value)
  return result.success ? undefined : `does not fit the OpenAPI document:\n${z.prettifyError(result.error)}`
}

/** The same schema without room for fields that it does not name. */
function strict(schema: Json): Json {
  const json = JSON.parse(JSON.stringify(schema).replaceAll('#/components/schemas/', '#/$defs/'))
  const visit = (node: Json): void => {
    if (node === null || typeof node !== 'object') return
    if (node.type === 'object' && node.properties) node.additionalProperties ??= false
    for (const each of Object.values(node)) visit(each)
  }
  visit(json)
  return json
}
