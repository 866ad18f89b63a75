import { readdir } from 'node:fs/promises'
import { connect } from 'node:net'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import type { Person } from '../helpers/person.js'
import { type TempFolder, useTempFolder } from '../helpers/temp-folder.js'
import { TestEnv } from '../helpers/test-env.js'

/** Whoever sends slowly may upload, and hold up nothing else. Limits of one second stand for the real ones. */

let folder: TempFolder
let env: TestEnv
let alice: Person

beforeAll(async () => {
  folder = await useTempFolder()
  const settings = { DATA_DIR: folder.path, REQUEST_TIMEOUT_S: '1', UPLOAD_STALL_S: '1' }
  env = await TestEnv.start({ settings })
  alice = await env.person('alice')
})
afterAll(async () => {
  await env.close()
  await folder.remove()
})

interface Sent {
  /** What came back until the server closed, or nothing more was to be sent. */
  answer: string
  /** ms until the connection was closed; undefined: it was not. */
  closedAfterMs: number | undefined
}

/** Sends `head`, then the parts with a pause before each; waits `patienceMs` after the last. */
async function sendSlowly(head: string, parts: string[], pauseMs: number, patienceMs = 5000): Promise<Sent> {
  const socket = connect(Number(new URL(env.url).port), '127.0.0.1')
  const began = Date.now()
  let answer = ''
  let closedAfterMs: number | undefined
  socket.on('error', () => {})
  socket.on('data', (data) => {
    answer += data
  })
  const closed = new Promise<void>((resolve) => {
    socket.on('close', () => {
      closedAfterMs = Date.now() - began
      resolve()
    })
  })
  socket.write(head)
  for (const part of parts) {
    await Promise.race([sleep(pauseMs, undefined, { ref: false }), closed])
    if (closedAfterMs !== undefined || answer !== '') break
    socket.write(part)
  }
  const isAnswered = () => /^HTTP\/1.1 200 .*\r\n\r\n./s.test(answer)
  for (const end = Date.now() + patienceMs; closedAfterMs === undefined && Date.now() < end; ) {
    // That leaves the connection open.
    if (isAnswered()) break
    await Promise.race([sleep(20), closed])
  }
  socket.destroy()
  return { answer, closedAfterMs }
}

const headOf = (path: string, type: string, length: number, token = alice.token) =>
  `POST ${path} HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer ${token}\r\n` +
  `Content-Type: ${type}\r\nContent-Length: ${length}\r\n\r\n`

/** A form with one file, cut into pieces. */
function formIn(pieces: number, pieceSize: number): { head: string; parts: string[]; size: number } {
  const begin = '--x\r\nContent-Disposition: form-data; name="pic"; filename="a.bin"\r\n\r\n'
  const end = '\r\n--x--'
  const size = pieces * pieceSize
  const parts = Array.from({ length: pieces }, () => 'a'.repeat(pieceSize))
  const head = headOf('/v1/attachments', 'multipart/form-data; boundary=x', begin.length + size + end.length)
  parts[parts.length - 1] += end
  return { head: head + begin, parts, size }
}

async function incoming(): Promise<string[]> {
  return readdir(join(folder.path, 'attachments', 'incoming'))
}

describe('an upload', () => {
  test('that is slow but moves may take several times as long as any other request', async () => {
    const { head, parts, size } = formIn(16, 4000)
    const { answer } = await sendSlowly(head, parts, 250)
    expect(answer).toMatch(/^HTTP\/1.1 200 /)
    expect(answer).toContain(`"size":${size}`)
  })

  test('that stops is refused and cut off, and nothing of it is kept', async () => {
    const { head, parts } = formIn(16, 4000)
    const { answer, closedAfterMs } = await sendSlowly(head, parts.slice(0, 3), 100)
    expect(answer).toMatch(/^HTTP\/1.1 400 .*"message":"the upload stalled/s)
    expect(closedAfterMs).toBeLessThan(4500)
    expect(await incoming()).toEqual([])
  })

  test('that trickles counts as stopped', async () => {
    const { head, parts } = formIn(100, 1)
    const { answer, closedAfterMs } = await sendSlowly(head, parts, 60)
    expect(answer).toMatch(/^HTTP\/1.1 400 /)
    expect(closedAfterMs).toBeLessThan(4500)
    expect(await incoming()).toEqual([])
  })

  test('that is refused at the door has no more time than anything else', async () => {
    const { head, parts } = formIn(100, 1)
    const { answer, closedAfterMs } = await sendSlowly(head.replace(alice.token, 'nonsense'), [], 60)
    expect(answer).toMatch(/^HTTP\/1.1 401 /)
    expect(closedAfterMs).toBeLessThan(3000)
    expect(parts).toHaveLength(100)
  })
})

describe('anything else', () => {
  test.each([
    ['JSON', '/v1/users/login', 'application/json', '{"email":'],
    ['a form', '/v1/users/login', 'application/x-www-form-urlencoded', 'email='],
    ['JSON with a token', '/v1/sessions', 'application/json', '{"type":'],
    ['what nobody reads', '/v1/nowhere', 'text/plain', 'x'],
  ])('%s that does not end is cut off', async (_title, path, type, begin) => {
    const trickle = Array.from({ length: 100 }, () => ' ')
    const { answer, closedAfterMs } = await sendSlowly(headOf(path, type, 10_000) + begin, trickle, 60)
    expect(answer).toMatch(/^HTTP\/1.1 4\d\d .*"message":"/s)
    expect(closedAfterMs).toBeLessThan(3000)
  })

  test('a head that does not end is cut off', async () => {
    const trickle = Array.from({ length: 100 }, () => 'X-A: b\r\n')
    const { answer, closedAfterMs } = await sendSlowly('GET /healthz HTTP/1.1\r\nHost: x\r\n', trickle, 60)
    expect(answer).toMatch(/^HTTP\/1.1 400 .*"message":"/s)
    expect(closedAfterMs).toBeLessThan(4000)
  })

  test('a body that comes in time is read', async () => {
    const json = '{"type":"group"}'
    const head = headOf('/v1/sessions', 'application/json', json.length)
    const { answer } = await sendSlowly(head, [json.slice(0, 5), json.slice(5)], 200)
    expect(answer).toMatch(/^HTTP\/1.1 200 /)
  })
})
