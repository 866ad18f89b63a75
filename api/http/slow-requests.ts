import type { IncomingMessage, Server, ServerResponse } from 'node:http'
import { AppError } from '../../shared/server/app-error.js'
import { presentError } from './errors.js'

/** Less than this on average, and an upload stands still: a few held connections must not last for days. */
const MIN_BYTES_PER_S = 1024

const deadlines = new WeakMap<IncomingMessage, NodeJS.Timeout>()

/**
 * Clients pull whenever they are told to, and a new connection costs more than a pull. Longer than proxies keep theirs,
 * so that none uses one that we are just closing.
 */
const KEEP_ALIVE_MS = 65_000

/** What `createServer` needs for `cutSlowRequests`. Node looks for slow heads only so often. */
export function slowRequestOptions(timeoutMs: number) {
  return {
    // Ours instead, since Node knows no exceptions: 5 minutes are short for a large upload, and long for the rest.
    requestTimeout: 0,
    headersTimeout: timeoutMs,
    keepAliveTimeout: KEEP_ALIVE_MS,
    connectionsCheckingInterval: Math.min(30_000, timeoutMs),
  }
}

/**
 * Requests must have come in by `timeoutMs` after their head, whoever reads them or not: nobody keeps a connection
 * by sending slowly. Whoever accepts a large body takes it out with `allowSlowBody`.
 */
export function cutSlowRequests(server: Server, timeoutMs: number): void {
  server.prependListener('request', (req, res) => {
    const hasBody =
      req.headers['transfer-encoding'] !== undefined || Number(req.headers['content-length'] ?? 0) > 0
    if (!hasBody) return
    const deadline = setTimeout(() => cut(req, res), timeoutMs)
    deadlines.set(req, deadline)
    req.once('close', () => clearTimeout(deadline))
  })
}

function cut(req: IncomingMessage, res: ServerResponse): void {
  if (req.complete) return
  if (res.headersSent) {
    req.socket.destroy()
    return
  }
  // Not 408: browsers silently repeat the request then.
  const refusal = new AppError('InvalidRequest', 'the request took too long to come in')
  const body = JSON.stringify(presentError(refusal))
  res.once('finish', () => req.socket.destroy())
  res
    .writeHead(refusal.status, {
      'Content-Type': 'application/json; charset=utf-8',
      'Content-Length': Buffer.byteLength(body),
      Connection: 'close',
    })
    .end(body)
}

/**
 * The body of this request may take as long as it needs, as long as it moves: `onStalled` is called when hardly
 * anything has come for `stallMs`. Gives what ends the watch; from then on whoever reads on sets the limits.
 */
export function allowSlowBody(req: IncomingMessage, stallMs: number, onStalled: () => void): () => void {
  clearTimeout(deadlines.get(req))
  const { socket } = req
  const minBytes = (MIN_BYTES_PER_S * stallMs) / 1000
  let before = socket.bytesRead
  const watch = setInterval(() => {
    const came = socket.bytesRead - before
    before = socket.bytesRead
    // What waits to be read waits for us: the disk is slow, not the client.
    if (came < minBytes && req.readableLength === 0 && !req.complete) onStalled()
  }, stallMs)
  return () => clearInterval(watch)
}
