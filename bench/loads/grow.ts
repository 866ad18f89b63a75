import { RestConnection } from '../tools/rest.js'

export interface Asking {
  port: number
  /** Whole requests, as `requestBytes` makes them; each connection takes the next one when it has its answer. */
  requests: string[]
  connections: number
}

/** Asks all requests and gives how long (ms) each took, and all together. Throws when one is refused. */
export async function ask({ port, requests, connections }: Asking): Promise<{ each: number[]; all: number }> {
  const open = Array.from({ length: connections }, () => new RestConnection(port))
  const each: number[] = []
  let next = 0
  const work = async (connection: RestConnection) => {
    while (next < requests.length) {
      const request = requests[next++] as string
      const began = performance.now()
      const { status, body } = await connection.send(request)
      if (status !== 200) throw new Error(`${request.split('\r\n')[0]}: ${status} ${body}`)
      each.push(performance.now() - began)
    }
  }
  const began = performance.now()
  try {
    await Promise.all(open.map(work))
    return { each, all: performance.now() - began }
  } finally {
    for (const connection of open) connection.close()
  }
}
