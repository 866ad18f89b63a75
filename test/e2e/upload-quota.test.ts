import { randomBytes } from 'node:crypto'
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
  const answers = await Promise.all(Array.from({ length: 30 }, () => send(alice, 100_000)))
  expect(answers.filter(({ status }) => status === 200)).toHaveLength(Math.floor(QUOTA / 100_000))
  for (const answer of answers.filter(({ status }) => status !== 200)) expectFull(answer)
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
