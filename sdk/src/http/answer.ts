import { parseJson } from '../json.js'

/** Of the server, or of something in between. */
export interface Answer {
  status: number
  /** Undefined when it is no JSON. */
  body: unknown
  retryAfterMs: number | undefined
}

/** Rejects when the answer breaks off. */
export async function answerOf(response: Response): Promise<Answer> {
  return {
    status: response.status,
    body: parseJson(await response.text()),
    retryAfterMs: retryAfter(response.headers.get('Retry-After')),
  }
}

/** In ms. The server gives seconds; a date, as proxies may give, is not understood. */
export function retryAfter(header: string | null): number | undefined {
  const seconds = Number(header ?? Number.NaN)
  return Number.isFinite(seconds) ? seconds * 1000 : undefined
}
