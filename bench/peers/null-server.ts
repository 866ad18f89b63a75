import { createServer } from 'node:net'

/** Answers whatever comes with the same bytes: what is left is what the load generator can do. Argument: port. */
const body = '{"id":"1"}'
const answer = Buffer.from(`HTTP/1.1 200 OK\r\nContent-Length: ${body.length}\r\n\r\n${body}`)
createServer({ noDelay: true }, (socket) => {
  socket.on('data', () => socket.write(answer))
  socket.on('error', () => {})
}).listen(Number(process.argv[2]), '127.0.0.1')
