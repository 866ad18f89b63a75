import { randomBytes } from 'node:crypto'
import { readdir, stat } from 'node:fs/promises'
import { connect, type Socket } from 'node:net'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { cleanUp } from '../../api/attachments/clean-up.js'
import { readApiConfig } from '../../api/config.js'
import type { AttachmentObject } from '../../shared/wire/attachments.js'
import { administratorOf } from '../helpers/admin.js'
import type { Answer } from '../helpers/http.js'
import { oldUpload } from '../helpers/multipart.js'
import type { Person } from '../helpers/person.js'
import { expectRefusal } from '../helpers/refusal.js'
import { type TempFolder, useTempFolder } from '../helpers/temp-folder.js'
import { TestEnv } from '../helpers/test-env.js'

/** What one user's files may take together. */

const QUOTA = 1024 * 1024
const HOUR_MS = 3600_000

let folder: TempFolder
let env: TestEnv
let now = Date.now()
let people = 0

beforeAll(async () => {
  folder = await useTempFolder()
  env = await TestEnv.start({ now: () => now, settings: { DATA_DIR: folder.path, UPLOAD_QUOTA_MB: '1' } })
})
afterAll(async () => {
  await env.close()
  await folder.remove()
})

const somebody = () => env.person(`person${people++}`)

function send(person: Person, size: number): Promise<Answer<AttachmentObject>> {
  const file = oldUpload({ bytes: randomBytes(size), type: 'application/octet-stream', fileName: 'a.bin' })
  return person.call('POST', 'attachments', file)
}

/** Again and again while others of the same person come in. */
async function sendInTurn(person: Person, size: number): Promise<Answer<AttachmentObject>> {
  for (;;) {
    const answer = await send(person, size)
    if (answer.status !== 429) return answer
    await sleep(20)
  }
}

async function mustSend(person: Person, size: number): Promise<AttachmentObject> {
  const answer = await send(person, size)
  expect(answer).toMatchObject({ status: 200, body: { size } })
  return answer.body
}

function expectFull(answer: Answer<unknown>): void {
  expectRefusal(answer, 413)
  expect(answer.body).toMatchObject({ code: 'QuotaExceeded', message: expect.stringContaining('1 MB') })
}

test('is kept to the byte; what is refused takes nothing', async () => {
  const alice = await somebody()
  await mustSend(alice, 600_000)
  expectFull(await send(alice, QUOTA - 600_000 + 1))
  await mustSend(alice, QUOTA - 600_000)
  expectFull(await send(alice, 1))
  await mustSend(alice, 0)
})

test('everybody has their own; administrators have none', async () => {
  const [alice, bob, admin] = [await somebody(), await somebody(), await administratorOf(env.url)]
  for (const person of [alice, bob, admin]) await mustSend(person, QUOTA)
  expectFull(await send(bob, 1))
  await mustSend(admin, 1)
})

test('30 uploads at once do not get past it', async () => {
  const alice = await somebody()
  const answers = await Promise.all(Array.from({ length: 30 }, () => sendInTurn(alice, 100_000)))
  expect(answers.filter(({ status }) => status === 200)).toHaveLength(Math.floor(QUOTA / 100_000))
  for (const answer of answers.filter(({ status }) => status !== 200)) expectFull(answer)
})

const BEGIN = '--x\r\nContent-Disposition: form-data; name="pic"; filename="a.bin"\r\n\r\n'

/** An upload that has only begun, and what was answered to it so far. */
function begin(
  { token }: Person,
  bodyHeader: string,
  bytes: string,
): { socket: Socket; answer: () => string } {
  const socket = connect(Number(new URL(env.url).port), '127.0.0.1')
  let answer = ''
  socket.on('error', () => {})
  socket.on('data', (data) => {
    answer += data
  })
  socket.write(
    `POST /v1/attachments HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer ${token}\r\n` +
      `Content-Type: multipart/form-data; boundary=x\r\n${bodyHeader}\r\n\r\n${bytes}`,
  )
  return { socket, answer: () => answer }
}

async function until(look: () => boolean | Promise<boolean>): Promise<void> {
  for (const end = Date.now() + 8000; !(await look()); await sleep(20)) {
    if (Date.now() > end) throw new Error('it did not happen')
  }
}

const spool = () => join(folder.path, 'attachments', 'incoming')

/** Bytes of the files that are coming in. One that has just gone has none. */
async function incomingBytes(): Promise<number> {
  const sizeOf = (name: string) =>
    stat(join(spool(), name)).then(
      ({ size }) => size,
      () => 0,
    )
  const sizes = await Promise.all((await readdir(spool())).map(sizeOf))
  return sizes.reduce((sum, size) => sum + size, 0)
}

const untilNothingIsLeft = () => until(async () => (await readdir(spool())).length === 0)

describe('what there is no room for', () => {
  test('does not come onto the disk, if it says how long it is', async () => {
    const alice = await somebody()
    await mustSend(alice, 600_000)
    const sent = 'a'.repeat(200_000)
    const { socket, answer } = begin(alice, 'Content-Length: 1000000', BEGIN + sent)
    await sleep(300)
    expect(await incomingBytes()).toBe(0)
    // The refusal waits until the client has sent what it has: old clients would see a broken connection instead.
    socket.write('a'.repeat(1_000_000 - BEGIN.length - sent.length))
    await until(() => answer().includes('QuotaExceeded'))
    await untilNothingIsLeft()
    socket.destroy()
  })

  test('comes onto the disk no further than there is room, if it does not', async () => {
    const alice = await somebody()
    await mustSend(alice, QUOTA - 100_000)
    const { socket, answer } = begin(alice, 'Transfer-Encoding: chunked', '')
    const chunk = (data: string) => socket.write(`${data.length.toString(16)}\r\n${data}\r\n`)
    chunk(BEGIN)
    let largest = 0
    for (let n = 0; n < 40; n += 1) {
      chunk('a'.repeat(10_000))
      await sleep(5)
      largest = Math.max(largest, await incomingBytes())
    }
    expect(largest).toBeLessThanOrEqual(100_001)
    socket.write('0\r\n\r\n')
    await until(() => answer().includes('QuotaExceeded'))
    await untilNothingIsLeft()
    socket.destroy()
  })
})

test('of one user six come in at once; more are told to wait', async () => {
  const [alice, bob] = [await somebody(), await somebody()]
  const begun = Array.from({ length: 6 }, () =>
    begin(alice, 'Content-Length: 1000', `${BEGIN}${'a'.repeat(200)}`),
  )
  await until(async () => (await readdir(spool())).length === 6)
  const refused = await send(alice, 1)
  expectRefusal(refused, 429)
  expect(refused.headers.get('Retry-After')).toBe('2')
  await mustSend(bob, 1)
  begun[0]?.socket.destroy()
  await until(async () => (await send(alice, 1)).status === 200)
  for (const { socket } of begun) socket.destroy()
  await untilNothingIsLeft()
  expect(
    (await Promise.all(Array.from({ length: 6 }, () => send(alice, 1)))).map(({ status }) => status),
  ).toEqual(Array(6).fill(200))
})

describe('there is room again', () => {
  test('when a file is deleted', async () => {
    const alice = await somebody()
    const { id } = await mustSend(alice, QUOTA)
    await alice.must('DELETE', `attachments/${id}`)
    await mustSend(alice, QUOTA)
    expectFull(await send(alice, 1))
  })

  test('when it is cleaned up', async () => {
    const alice = await somebody()
    await mustSend(alice, QUOTA)
    now += 25 * HOUR_MS
    await cleanUp(env.api.context)
    await mustSend(alice, QUOTA)
  })

  test('when it could not be stored', async () => {
    const alice = await somebody()
    const { blobs } = env.api.context
    const { put } = blobs
    blobs.put = () => Promise.reject(new Error('the disk is full'))
    try {
      for (let n = 0; n < 3; n += 1) expect(await send(alice, 500_000)).toMatchObject({ status: 503 })
    } finally {
      blobs.put = put
    }
    await mustSend(alice, QUOTA)
  })

  test('an hour after a crash in the middle of storing', async () => {
    const alice = await somebody()
    const { db } = env.api.context
    const { id } = await mustSend(alice, QUOTA)
    // As it is between the two writes.
    await db
      .updateTable('attachment')
      .set({ is_deleted: true, is_storing: true })
      .where('id', '=', id)
      .execute()
    expectFull(await send(alice, 1))
    now += 2 * HOUR_MS
    await cleanUp(env.api.context)
    await mustSend(alice, QUOTA)
  })
})

test.each([
  [undefined, 2048 * 1024 * 1024],
  ['1', QUOTA],
  ['0', null],
])('UPLOAD_QUOTA_MB=%s', (UPLOAD_QUOTA_MB, quotaBytes) => {
  const secrets = { tokenSecret: 't', appKey: 'k', appSecret: 's' }
  expect(readApiConfig({ UPLOAD_QUOTA_MB }, secrets).attachments).toMatchObject({ quotaBytes })
})
