import { connect, type Socket } from 'node:net'

export interface RestAnswer {
  status: number
  body: Buffer
}

/** One keep-alive connection, one request at a time: what fetch would do, at a tenth of its cost. */
export class RestConnection {
  readonly #socket: Socket
  #received: Buffer = Buffer.alloc(0)
  #usedAt = performance.now()
  #settle: { resolve(answer: RestAnswer): void; reject(error: Error): void } | undefined

  constructor(port: number) {
    this.#socket = connect({ port, host: '127.0.0.1', noDelay: true })
    this.#socket.on('data', (data) => this.#take(data))
    const fail = (error?: Error) => {
      this.#settle?.reject(error ?? new Error('the server closed the connection'))
      this.#settle = undefined
    }
    this.#socket.on('error', fail)
    this.#socket.on('close', () => fail())
  }

  /** Node's servers close connections that were idle for 5 s: shortly before, nobody should begin with one. */
  get isUsable(): boolean {
    return this.#socket.writable && performance.now() - this.#usedAt < 4000
  }

  /** Sends what `requestBytes` made. Rejects when the connection is lost. */
  send(request: string | Buffer): Promise<RestAnswer> {
    return new Promise((resolve, reject) => {
      if (this.#settle) throw new Error('a request is under way')
      this.#settle = { resolve, reject }
      this.#socket.write(request)
    })
  }

  close(): void {
    this.#settle = undefined
    this.#socket.destroy()
  }

  #take(data: Buffer): void {
    this.#received = this.#received.length > 0 ? Buffer.concat([this.#received, data]) : data
    const headEnd = this.#received.indexOf('\r\n\r\n')
    if (headEnd < 0) return
    const head = this.#received.toString('latin1', 0, headEnd)
    const length = /\r\ncontent-length: (\d+)/i.exec(head)?.[1]
    if (length === undefined) {
      this.#settle?.reject(new Error(`an answer without a length: ${head}`))
      this.#socket.destroy()
      return
    }
    const end = headEnd + 4 + Number(length)
    if (this.#received.length < end) return
    const answer = { status: Number(head.slice(9, 12)), body: this.#received.subarray(headEnd + 4, end) }
    this.#received = this.#received.subarray(end)
    const settle = this.#settle
    this.#settle = undefined
    this.#usedAt = performance.now()
    settle?.resolve(answer)
  }
}

/** A request as it goes over the wire. */
export function requestBytes(
  method: string,
  path: string,
  { token, cursor, json }: { token?: string; cursor?: number | string; json?: unknown } = {},
): string {
  const body = json === undefined ? '' : JSON.stringify(json)
  return [
    `${method} ${path} HTTP/1.1`,
    'Host: 127.0.0.1',
    ...(token ? [`Authorization: Bearer ${token}`] : []),
    ...(cursor === undefined ? [] : [`Client-Sync-Time: ${cursor}`]),
    ...(json === undefined
      ? []
      : ['Content-Type: application/json', `Content-Length: ${Buffer.byteLength(body)}`]),
    '',
    body,
  ].join('\r\n')
}
