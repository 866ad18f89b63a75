import type { Server } from 'node:http'
import type { Socket } from 'node:net'

/** Less than this on average, and a download stands still. */
const MIN_BYTES_PER_S = 1024

/** When a socket was last seen to move, and what the other side had taken by then. */
interface Mark {
  atMs: number
  takenBytes: number
}

/**
 * Cuts off clients that do not read what they are answered: while bytes wait for them, they must take some in
 * `stallMs`. What waits is held in memory. Slow downloads that move go on, however long they take.
 */
export function cutSlowReaders(server: Server, stallMs: number): void {
  const marks = new Map<Socket, Mark>()
  server.on('connection', (socket: Socket) => {
    marks.set(socket, { atMs: performance.now(), takenBytes: 0 })
    socket.once('close', () => marks.delete(socket))
  })
  const minBytes = (MIN_BYTES_PER_S * stallMs) / 1000
  const watch = setInterval(
    () => {
      const atMs = performance.now()
      for (const [socket, mark] of marks) {
        const takenBytes = takenOf(socket)
        const moves = socket.writableLength === 0 || takenBytes - mark.takenBytes >= minBytes
        if (moves) marks.set(socket, { atMs, takenBytes })
        else if (atMs - mark.atMs >= stallMs) socket.destroy()
      }
    },
    Math.min(1000, stallMs / 4),
  )
  watch.unref()
  server.once('close', () => clearInterval(watch))
}

/** What Node knows of the bytes that it gave to the system, which `Socket` does not tell. */
interface Handle {
  /** Given to libuv. */
  bytesWritten: number
  /** Of these, not yet taken by the system: a large answer is one write, that moves for a long time. */
  writeQueueSize: number
}

/** Bytes that left the process: the system takes more only as the other side does. */
function takenOf(socket: Socket): number {
  const { _handle: handle } = socket as Socket & { _handle?: Handle | null }
  return handle ? handle.bytesWritten - handle.writeQueueSize : 0
}
