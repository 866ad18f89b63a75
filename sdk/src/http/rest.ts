import { errorFromAnswer, NudgeError } from '../errors.js'
import { type Answer, answerOf } from './answer.js'

/** What is used of `fetch`. */
export type Fetch = (input: string, init?: RequestInit) => Promise<Response>

export interface Ask {
  method?: 'GET' | 'POST' | 'PUT' | 'DELETE'
  /** Below `/v1/`, or from the root when it begins with `/`. */
  path: string
  query?: Record<string, string | number | undefined>
  json?: object
  /** Only what is newer: `Client-Sync-Time` (ms). */
  cursor?: number
  signal?: AbortSignal
  /** Instead of that of who is logged in. */
  token?: string
  /** Needs no login. */
  isPublic?: boolean
}

/** One request as it went, for a look behind the scenes. */
export interface RequestTrace {
  method: string
  path: string
  cursor?: number
  /** 0: no answer. */
  status: number
  /** Rows of a list. */
  rows?: number
  tookMs: number
}

export interface RestOptions {
  /** Of the server: `https://chat.example.com`. */
  url: string
  fetch: Fetch
  /** How long (ms) an answer may take. */
  timeoutMs: number
  token(): string | undefined
  /** The server takes this token no longer. */
  onTokenRejected(token: string): void
  onRequest?(trace: RequestTrace): void
}

/** The REST API: JSON in, JSON out, every failure a NudgeError. */
export class Rest {
  constructor(private readonly options: RestOptions) {}

  get url(): string {
    return this.options.url
  }

  /** Throws NudgeError: the server's refusal, `Unreachable`, or `NotLoggedIn`, which the server is not asked about. */
  async ask<T>(ask: Ask): Promise<T> {
    const { method = 'GET', path, cursor, token = this.options.token() } = ask
    if (token === undefined && !ask.isPublic) throw new NudgeError('NotLoggedIn', 'nobody is logged in')
    const startedAt = Date.now()
    const trace = (status: number, rows?: number) =>
      this.options.onRequest?.({
        method,
        path,
        ...(cursor !== undefined && { cursor }),
        status,
        ...(rows !== undefined && { rows }),
        tookMs: Date.now() - startedAt,
      })
    const response = await this.#fetch(ask, token).catch((error) => {
      trace(0)
      throw error
    })
    const { status, body } = response
    trace(status, rowsIn(body))
    if (status < 200 || status >= 300) throw this.refusal(response, token)
    // A hotel's login page, say: it is there instead of the server.
    if (body === undefined) throw new NudgeError('Unreachable', 'something else answers for the server')
    return body as T
  }

  /** What an answer that is not 2xx means. A token that holds no longer ends the login. */
  refusal({ status, body, retryAfterMs }: Answer, token: string | undefined): NudgeError {
    const error = errorFromAnswer(status, body, retryAfterMs)
    if (error.code === 'InvalidToken' && token !== undefined) this.options.onTokenRejected(token)
    return error
  }

  get token(): string | undefined {
    return this.options.token()
  }

  /** The address of a path below `/v1/`, or from the root. */
  addressOf(path: string, query: Ask['query'] = {}): string {
    const address = path.startsWith('/') ? `${this.url}${path}` : `${this.url}/v1/${path}`
    const pairs = Object.entries(query).filter(([, value]) => value !== undefined)
    if (pairs.length === 0) return address
    return `${address}?${new URLSearchParams(pairs.map(([name, value]) => [name, String(value)]))}`
  }

  headers(token: string | undefined = this.options.token()): Record<string, string> {
    return token === undefined ? {} : { Authorization: `Bearer ${token}` }
  }

  async #fetch(
    { method = 'GET', path, query, json, cursor, signal }: Ask,
    token: string | undefined,
  ): Promise<Answer> {
    const headers = this.headers(token)
    if (cursor !== undefined) headers['Client-Sync-Time'] = String(cursor)
    if (json !== undefined) headers['Content-Type'] = 'application/json'
    const limit = AbortSignal.timeout(this.options.timeoutMs)
    try {
      const response = await this.options.fetch(this.addressOf(path, query), {
        method,
        headers,
        ...(json !== undefined && { body: JSON.stringify(json) }),
        signal: signal ? AbortSignal.any([signal, limit]) : limit,
      })
      return await answerOf(response)
    } catch (error) {
      if (signal?.aborted) throw new NudgeError('Cancelled', 'the request was cancelled')
      throw new NudgeError('Unreachable', `the server does not answer: ${reasonOf(error)}`)
    }
  }
}

function rowsIn(body: unknown): number | undefined {
  if (Array.isArray(body)) return body.length
  const entries = (body as { entries?: unknown } | undefined | null)?.entries
  return Array.isArray(entries) ? entries.length : undefined
}

/** Node hides what happened in `cause`. */
function reasonOf(error: unknown): string {
  const { message, cause } = error as { message?: string; cause?: { message?: string } }
  return cause?.message ?? message ?? String(error)
}
