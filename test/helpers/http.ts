import { checkAnswer } from './answers.js'

/** A request that is not answered by then fails: a server that hangs must not look like a slow one. */
const TIMEOUT_MS = 20_000

/** A small JSON client for tests: no retries, no hidden headers; what does not fit OpenAPI fails. */
export interface Answer<T> {
  status: number
  body: T
  headers: Headers
}

export interface RequestOptions {
  token?: string | undefined
  cursor?: number | string | undefined
  json?: unknown
  form?: Record<string, string>
  headers?: Record<string, string>
  raw?: string | Uint8Array<ArrayBuffer>
}

// biome-ignore lint/suspicious/noExplicitAny: tests read the answers they expect
export async function request<T = any>(
  method: string,
  url: string,
  options: RequestOptions = {},
): Promise<Answer<T>> {
  const headers: Record<string, string> = { ...options.headers }
  if (options.token) headers.Authorization = `Bearer ${options.token}`
  if (options.cursor !== undefined) headers['Client-Sync-Time'] = String(options.cursor)
  let body: string | Uint8Array<ArrayBuffer> | undefined = options.raw
  if (options.json !== undefined) {
    headers['Content-Type'] = 'application/json'
    body = JSON.stringify(options.json)
  } else if (options.form) {
    headers['Content-Type'] = 'application/x-www-form-urlencoded'
    body = new URLSearchParams(options.form).toString()
  }
  const signal = AbortSignal.timeout(TIMEOUT_MS)
  const response = await fetch(url, { method, headers, signal, ...(body !== undefined && { body }) })
  const text = await response.text()
  const answer = { status: response.status, body: parse(text) as T, headers: response.headers }
  checkAnswer({ method, url, ...answer, contentType: response.headers.get('content-type') })
  return answer
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return text
  }
}
