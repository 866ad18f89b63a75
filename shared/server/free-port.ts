import { once } from 'node:events'
import { createServer } from 'node:net'

/**
 * Below what operating systems hand out for outgoing connections: such a port could be taken by any of them before
 * it is listened on.
 */
const RANGE = { first: 20_000, count: 12_000 }
const ATTEMPTS = 50

/** A TCP port that nobody listened on a moment ago, on 127.0.0.1. */
export async function freePort(): Promise<number> {
  for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
    const port = RANGE.first + Math.floor(Math.random() * RANGE.count)
    if (await isFree(port)) return port
  }
  throw new Error(`no free port was found in ${ATTEMPTS} attempts`)
}

async function isFree(port: number): Promise<boolean> {
  const server = createServer()
  try {
    server.listen(port, '127.0.0.1')
    await once(server, 'listening')
  } catch {
    return false
  }
  server.close()
  await once(server, 'close')
  return true
}
