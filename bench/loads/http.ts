import { RestConnection, requestBytes } from '../tools/rest.js'
import { spreadOf } from '../tools/spread.js'

interface Target {
  port: number
  /** Keep-alive connections; each waits for an answer before it asks again. */
  connections: number
  seconds: number
}

export interface SendPlan extends Target {
  /** One for each connection. */
  tokens: string[]
  sessionIds: string[]
}

export interface GetPlan extends Target {
  /** Each connection asks them in turns, beginning anywhere. */
  requests: { path: string; token: string; cursor?: number }[]
}

export interface Outcome {
  perSecond: number
  p50: number
  p99: number
}

/** Sends messages into random ones of the sessions, each with an id of its own, as clients do. */
export function send({ tokens, sessionIds, ...target }: SendPlan): Promise<Outcome> {
  let count = 0
  const content = JSON.stringify({ text: 'how much is it?' })
  return keepAsking(target, (connection) => {
    const sessionId = sessionIds[Math.floor(Math.random() * sessionIds.length)]
    const json = { type: 'text', content, clientMessageId: `${process.pid}-${Date.now()}-${count++}` }
    return requestBytes('POST', `/v1/sessions/${sessionId}/messages`, {
      token: tokens[connection] as string,
      json,
    })
  })
}

/** Gets the same addresses over and over. */
export function get({ requests, ...target }: GetPlan): Promise<Outcome> {
  const bytes = requests.map(({ path, ...rest }) => requestBytes('GET', path, rest))
  let next = 0
  return keepAsking(target, () => bytes[next++ % bytes.length] as string)
}

async function keepAsking(
  { port, connections, seconds }: Target,
  nextRequest: (connection: number) => string,
): Promise<Outcome> {
  const latencies: number[] = []
  const began = performance.now()
  const until = began + seconds * 1000
  const ask = async (_: unknown, n: number) => {
    const connection = new RestConnection(port)
    for (let sentAt = performance.now(); sentAt < until; ) {
      const { status, body } = await connection.send(nextRequest(n))
      if (status !== 200) throw new Error(`${status} ${body}`)
      const now = performance.now()
      latencies.push(now - sentAt)
      sentAt = now
    }
    connection.close()
  }
  await Promise.all(Array.from({ length: connections }, ask))
  const { count, p50, p99 } = spreadOf(latencies)
  return { perSecond: count / ((performance.now() - began) / 1000), p50, p99 }
}
