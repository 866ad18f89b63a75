import { randomBytes } from 'node:crypto'
import { connect, type Socket } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, expect, test } from '@jest/globals'
import type { AttachmentObject } from '../../shared/wire/attachments.js'
import { oldUpload } from '../helpers/multipart.js'
import type { Person } from '../helpers/person.js'
import { type TempFolder, useTempFolder } from '../helpers/temp-folder.js'
import { TestEnv } from '../helpers/test-env.js'

/** Whoever does not read what he is answered is cut off; whoever reads slowly is not. One second stands for thirty. */

const MB = 1024 * 1024

let folder: TempFolder
let env: TestEnv
let alice: Person
let file: AttachmentObject
let groupId: string
const sockets = new Set<Socket>()

beforeAll(async () => {
  folder = await useTempFolder()
  env = await TestEnv.start({ settings: { DATA_DIR: folder.path, ANSWER_STALL_S: '1' } })
  alice = await env.person('alice')
  // More than the system buffers between two sockets.
  const form = oldUpload({ bytes: randomBytes(24 * MB), type: 'application/octet-stream', fileName: 'a.bin' })
  file = await alice.must('POST', 'attachments', form)
  groupId = (await alice.group()).id
  await Promise.all(Array.from({ length: 120 }, () => alice.send(groupId, 'a'.repeat(60_000))))
})
afterAll(async () => {
  for (const socket of sockets) socket.destroy()
  await env.close()
  await folder.remove()
})

/** Asks, and reads nothing yet. */
function ask(path: string, times = 1): Socket {
  const socket = connect(Number(new URL(env.url).port), '127.0.0.1').pause()
  sockets.add(socket)
  socket.on('error', () => {})
  socket.write(
    `GET /v1/${path} HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer ${alice.token}\r\n\r\n`.repeat(times),
  )
  return socket
}

/** Whether the server still holds the other end: only then does a read bring all that was promised. */
async function isServed(socket: Socket): Promise<boolean> {
  let isOver = socket.destroyed
  socket.once('close', () => {
    isOver = true
  })
  socket.resume()
  for (let n = 0; n < 20 && !isOver; n += 1) await sleep(20)
  socket.pause()
  return !isOver
}

test.each([
  ['a download', () => `attachments/${file.id}/content`, 1],
  ['answers to one request after the other', () => `sessions/${groupId}/messages?limit=200`, 5],
])('%s that nobody reads is cut off', async (_title, path, times) => {
  const socket = ask(path(), times)
  let bytes = 0
  socket.on('data', (data) => {
    bytes += data.length
  })
  socket.pause()
  await sleep(3500)
  // What the system holds comes still, then the end.
  expect(await isServed(socket)).toBe(false)
  expect(bytes).toBeLessThan(24 * MB)
})

test('a download that is slow but moves comes whole, slower than the limit by far', async () => {
  const socket = ask(`attachments/${file.id}/content`)
  let bytes = 0
  socket.on('data', (data) => {
    bytes += data.length
  })
  socket.pause()
  const began = Date.now()
  while (bytes < 24 * MB && Date.now() - began < 15_000) {
    const before = bytes
    socket.resume()
    while (bytes - before < 3 * MB && bytes < 24 * MB) await sleep(1)
    socket.pause()
    await sleep(400)
  }
  expect(bytes).toBeGreaterThanOrEqual(24 * MB)
  // The limit is a second without a byte; how much comes at a time is the system's business.
  expect(Date.now() - began).toBeGreaterThan(1600)
})

test('whoever waits between two requests is not cut off', async () => {
  const socket = ask('users/me')
  socket.resume()
  await sleep(2000)
  expect(socket.destroyed).toBe(false)
})
