import { type Server, STATUS_CODES } from 'node:http'
import { AppError } from '../../shared/server/app-error.js'
import { presentError } from './errors.js'

/**
 * Answers what Node cannot read as HTTP like every other refusal. Node's own answer has no body, and old
 * clients take an error without a `message` for success. (yun2win.md §1.5)
 */
export function answerBrokenRequests(server: Server): void {
  server.on('clientError', (error: NodeJS.ErrnoException, socket) => {
    // The other side is gone, or is in the middle of another answer.
    if (!socket.writable || isAnswering(socket)) {
      socket.destroy()
      return
    }
    const refusal = refusalOf(error)
    const body = JSON.stringify(presentError(refusal))
    const head = [
      `HTTP/1.1 ${refusal.status} ${STATUS_CODES[refusal.status]}`,
      'Content-Type: application/json; charset=utf-8',
      `Content-Length: ${Buffer.byteLength(body)}`,
      'Access-Control-Allow-Origin: *',
      'Cache-Control: no-store',
      'Connection: close',
    ]
    socket.end(`${head.join('\r\n')}\r\n\r\n${body}`, () => socket.destroy())
  })
}

function refusalOf({ code }: NodeJS.ErrnoException): AppError {
  switch (code) {
    case 'HPE_HEADER_OVERFLOW':
      return new AppError('TooLarge', 'the address or the headers are too large')
    case 'ERR_HTTP_REQUEST_TIMEOUT':
      return new AppError('InvalidRequest', 'the request took too long to come in')
    default:
      return new AppError('InvalidRequest', 'the request is not HTTP')
  }
}

/** Node keeps the answer that a socket is busy with in this field. */
function isAnswering(socket: object): boolean {
  return '_httpMessage' in socket && socket._httpMessage !== null
}
