import type { Duplex } from 'node:stream'
import { generate } from 'mqtt-packet'
import type { ConnectCode } from '../shared/wire/codes.js'

/** How long (ms) a refused client may take to read why and to close; destroyed earlier, the answer could be lost. */
const LINGER_MS = 1000

/** Answers a CONNECT with a code that says no, and calls `done` when the connection has ended. */
export function refuse(conn: Duplex, code: ConnectCode, done: (reason: Error) => void): void {
  const reason = new Error(`refused with CONNACK ${code}`)
  let timer: NodeJS.Timeout | undefined
  const end = () => {
    clearTimeout(timer)
    conn.off('close', end)
    done(reason)
  }
  timer = setTimeout(end, LINGER_MS)
  timer.unref()
  conn.once('close', end)
  conn.end(generate({ cmd: 'connack', returnCode: code, sessionPresent: false }))
}
