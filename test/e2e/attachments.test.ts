import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { readdir, utimes, writeFile } from 'node:fs/promises'
import { connect } from 'node:net'
import { join } from 'node:path'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals'
import sharp from 'sharp'
import { ensureApp } from '../../api/apps/store.js'
import { cleanUp } from '../../api/attachments/clean-up.js'
import { imageQueue } from '../../api/attachments/images.js'
import type { Context } from '../../api/context.js'
import type { AttachmentObject } from '../../shared/wire/attachments.js'
import type { LoginObject, TokenObject } from '../../shared/wire/objects.js'
import { administratorOf } from '../helpers/admin.js'
import { type OldFile, oldUpload } from '../helpers/multipart.js'
import type { Person } from '../helpers/person.js'
import { expectRefusal } from '../helpers/refusal.js'
import { startS3, type TestS3 } from '../helpers/s3.js'
import { type TempFolder, useTempFolder } from '../helpers/temp-folder.js'
import { TestEnv } from '../helpers/test-env.js'

const MAX_BYTES = 200_000
const HOUR_MS = 3600_000

let folder: TempFolder
let env: TestEnv
let now = Date.now()
let alice: Person
let bob: Person
let carol: Person
let admin: Person
let photo: Buffer

beforeAll(async () => {
  folder = await useTempFolder()
  env = await TestEnv.start({
    now: () => now,
    settings: { DATA_DIR: folder.path, MAX_UPLOAD_BYTES: String(MAX_BYTES) },
  })
  ;[alice, bob, carol] = (await env.people('alice', 'bob', 'carol')) as [Person, Person, Person]
  admin = await administratorOf(env.url)
  photo = await picture(640, 480)
})
afterAll(async () => {
  await env.close()
  await folder.remove()
})

function picture(width: number, height: number, format: 'jpeg' | 'png' | 'gif' | 'webp' = 'jpeg') {
  const create = { width, height, channels: 3, background: '#336699' } as const
  return sharp({ create }).toFormat(format).toBuffer()
}

function upload(person: Person, file: OldFile): Promise<AttachmentObject> {
  return person.must('POST', 'attachments', oldUpload(file))
}

interface Download {
  status: number
  headers: Headers
  bytes: Buffer
}

/** Not through the JSON client: this is bytes. */
async function get(path: string, headers: Record<string, string> = {}, method = 'GET'): Promise<Download> {
  const response = await fetch(`${env.url}/v1/${path}`, { method, headers })
  return {
    status: response.status,
    headers: response.headers,
    bytes: Buffer.from(await response.arrayBuffer()),
  }
}

const bearer = (person: Person) => ({ Authorization: `Bearer ${person.token}` })

/** Sends a message as the old client does after an upload. */
function show(person: Person, sessionId: string, { id }: { id: string }) {
  const src = `attachments/${id}/content`
  return person.must<{ id: string }>('POST', `sessions/${sessionId}/messages`, {
    json: { type: 'image', content: JSON.stringify({ src, thumbnail: src, width: 640, height: 480 }) },
  })
}

/** Uploads on their way and kept blobs, as files. */
async function filesOnDisk(): Promise<{ incoming: number; kept: number }> {
  const entries = await readdir(join(folder.path, 'attachments'), { recursive: true, withFileTypes: true })
  const files = entries.filter((entry) => entry.isFile())
  const incoming = files.filter((entry) => entry.parentPath.endsWith('incoming')).length
  return { incoming, kept: files.length - incoming }
}

describe('an upload by the old client', () => {
  test('is answered with exactly 200 and what the client needs', async () => {
    const answer = await alice.call<AttachmentObject>('POST', 'attachments', oldUpload({ bytes: photo }))
    expect(answer.status).toBe(200)
    expect(answer.body).toEqual({
      id: expect.stringMatching(/^\d+$/),
      fileName: 'photo.jpg',
      size: photo.length,
      md5: expect.stringMatching(/^[0-9a-f]{32}$/),
      width: 640,
      height: 480,
      isDelete: false,
      createdAt: expect.any(String),
      updatedAt: expect.any(String),
    })
  })

  test('comes back to the byte, as a download', async () => {
    const bytes = randomBytes(100_000)
    const { id } = await upload(alice, { bytes, type: 'application/octet-stream', fileName: 'a b.bin' })
    const { status, headers, bytes: got } = await get(`attachments/${id}/content`, bearer(alice))
    expect(status).toBe(200)
    expect(got.equals(bytes)).toBe(true)
    expect(headers.get('content-disposition')).toBe("attachment; filename*=UTF-8''a%20b.bin")
    expect(headers.get('content-type')).toBe('application/octet-stream')
    expect(headers.get('x-content-type-options')).toBe('nosniff')
    expect(headers.get('referrer-policy')).toBe('no-referrer')
  })

  test.each([
    ['a boundary like 0.8a3f', '0.8a3fe1c27'],
    ['dashes in front', '----------------------------735323031399963166993862'],
    ['characters that should be quoted', '=_a/b:c?d'],
    ['quotes around it', '"quoted (one)"'],
  ])('%s', async (_title, boundary) => {
    const bare = boundary.replaceAll('"', '')
    const { raw } = oldUpload({ bytes: photo, boundary: bare })
    const answer = await alice.call('POST', 'attachments', {
      headers: { 'Content-Type': `multipart/form-data; boundary=${boundary}` },
      raw,
    })
    expect(answer).toMatchObject({ status: 200, body: { size: photo.length } })
  })

  // Cut to 8 bits they hold control characters, line ends, quotes and backslashes.
  test.each([
    ['照片.jpg'],
    ['不上丢.jpg'],
    ['\u4e0d\u4e0a不.jpg'],
    ['丢丢"丢.jpg'],
    ['一二三四五六七八九十.png'],
    ['100%.txt'],
    ['%E4%.txt'],
    ['\u4e5c\u4e5c.jpg'],
    ['\u4eff\u4e80\u4e00.doc'],
    [`${'长'.repeat(300)}.jpg`],
    [''],
  ])('a file name of any bytes: %j', async (fileName) => {
    const { id, fileName: kept } = await upload(alice, { bytes: photo, fileName })
    expect(kept.length).toBeGreaterThan(0)
    expect(kept.length).toBeLessThanOrEqual(200)
    // biome-ignore lint/suspicious/noControlCharactersInRegex: that is what must not be in it
    expect(kept).not.toMatch(/[\x00-\x1f\x7f-\x9f<>"/\\]/)
    const { status, bytes } = await get(`attachments/${id}/content`, bearer(alice))
    expect(status).toBe(200)
    expect(bytes.equals(photo)).toBe(true)
  })

  test('bytes that look like a boundary stay in the file', async () => {
    const bytes = Buffer.from('\r\n--0.12\r\n\r\n--0.1234-\r\n--0.123\r\n--')
    const { id, size } = await upload(alice, { bytes, boundary: '0.12345' })
    expect(size).toBe(bytes.length)
    expect((await get(`attachments/${id}/content`, bearer(alice))).bytes.equals(bytes)).toBe(true)
  })

  test('that arrives byte by byte', async () => {
    const { headers, raw } = oldUpload({ bytes: Buffer.from('hello'), fileName: '不.txt' })
    const body = new ReadableStream({
      async start(controller) {
        for (const byte of raw) {
          controller.enqueue(Uint8Array.of(byte))
          await new Promise(setImmediate)
        }
        controller.close()
      },
    })
    const response = await fetch(`${env.url}/v1/attachments`, {
      method: 'POST',
      headers: { ...headers, ...bearer(alice) },
      body,
      duplex: 'half',
    } as RequestInit)
    expect(response.status).toBe(200)
    expect(await response.json()).toMatchObject({ size: 5 })
  })

  test('Content-MD5 is no way to somebody else’s file', async () => {
    const { headers, raw } = oldUpload({ bytes: photo })
    const hash = { 'Content-MD5': 'the hash of a file that bob wants' }
    const first = await alice.must<AttachmentObject>('POST', 'attachments', {
      raw,
      headers: { ...headers, ...hash },
    })
    const second = await bob.must<AttachmentObject>('POST', 'attachments', {
      raw,
      headers: { ...headers, ...hash },
    })
    expect(second.id).not.toBe(first.id)
    expect(second.md5).not.toBe(first.md5)
    expect([first.md5, second.md5]).not.toContain(hash['Content-MD5'])
  })
})

describe('an upload by anybody else', () => {
  const send = (form: FormData) =>
    fetch(`${env.url}/v1/attachments`, { method: 'POST', headers: bearer(alice), body: form })

  test('a browser’s form, with any field name and a name in UTF-8', async () => {
    const form = new FormData()
    form.set('note', 'hello')
    form.set('file', new Blob(['content']), '照片 "1".txt')
    const response = await send(form)
    expect(response.status).toBe(200)
    expect(await response.json()).toMatchObject({ fileName: '照片 %221%22.txt', size: 7 })
  })

  test('an empty file is a file', async () => {
    const { id, size } = await upload(alice, { bytes: Buffer.alloc(0), fileName: 'empty.txt' })
    expect(size).toBe(0)
    const { status, bytes } = await get(`attachments/${id}/content`, bearer(alice))
    expect({ status, length: bytes.length }).toEqual({ status: 200, length: 0 })
  })

  test('two files are refused, and nothing of them is kept', async () => {
    const before = await filesOnDisk()
    const form = new FormData()
    form.set('one', new Blob(['1']), '1.txt')
    form.set('two', new Blob(['2']), '2.txt')
    const response = await send(form)
    expect(response.status).toBe(400)
    expect(await filesOnDisk()).toEqual(before)
  })

  test.each<[string, () => { headers?: Record<string, string>; raw?: string; json?: unknown }, number]>([
    ['no file', () => form('--x\r\nContent-Disposition: form-data; name="a"\r\n\r\nb\r\n--x--'), 400],
    ['an empty form', () => form('--x--\r\n'), 400],
    ['no body', () => form(''), 400],
    [
      'a body that ends early',
      () => form('--x\r\nContent-Disposition: form-data; name="pic"; filename="a"\r\n\r\nb'),
      400,
    ],
    ['a body that is no form', () => form('hello'), 400],
    ['an endless head', () => form(`--x\r\nA: ${'a'.repeat(40_000)}`), 400],
    [
      'a head with 60 000 spaces',
      () => form(`--x\r\nContent-Disposition: form-data${' '.repeat(60_000)}!\r\n\r\nb\r\n--x--`),
      400,
    ],
    [
      'a line of 3 KB',
      () =>
        form(
          `--x\r\nContent-Disposition: form-data; name="a"; filename="${'a'.repeat(3000)}"\r\n\r\nb\r\n--x--`,
        ),
      400,
    ],
    ['JSON', () => ({ json: { fileName: 'a' } }), 415],
    ['a form without boundary', () => form('--x--', 'multipart/form-data'), 415],
    ['another multipart', () => form('--x--', 'multipart/mixed; boundary=x'), 415],
    ['no type', () => ({ raw: 'hello' }), 415],
  ])('%s is refused', async (_title, options, status) => {
    const before = await filesOnDisk()
    expectRefusal(await alice.call('POST', 'attachments', options()), status)
    expect(await filesOnDisk()).toEqual(before)
  })

  function form(raw: string, type = 'multipart/form-data; boundary=x') {
    return { headers: { 'Content-Type': type }, raw }
  }

  test.each([
    ['../../../etc/passwd', 'passwd'],
    ['C:\\Users\\alice\\photo.jpg', 'photo.jpg'],
    ['..', 'file'],
    ['/', 'file'],
    ['<img src=x onerror=alert(1)>.png', 'img src=x onerror=alert(1).png'],
    ['a\u202egnp.exe', 'agnp.exe'],
  ])('the path %j is kept as %j', async (fileName, kept) => {
    const body = new FormData()
    body.set('pic', new Blob(['x']), fileName)
    expect(await (await send(body)).json()).toMatchObject({ fileName: kept })
  })
})

describe('size', () => {
  test('as much as allowed', async () => {
    const { size } = await upload(alice, { bytes: randomBytes(MAX_BYTES) })
    expect(size).toBe(MAX_BYTES)
  })

  test.each([
    ['one byte more', MAX_BYTES + 1],
    ['much more', MAX_BYTES * 20],
  ])('%s is refused, and the client sees it', async (_title, size) => {
    const before = await filesOnDisk()
    const answer = await alice.call('POST', 'attachments', oldUpload({ bytes: randomBytes(size) }))
    expectRefusal(answer, 413)
    expect(await filesOnDisk()).toEqual(before)
  })

  test('an endless stream is cut off', async () => {
    const before = await filesOnDisk()
    const socket = connect(Number(new URL(env.url).port), '127.0.0.1')
    socket.on('error', () => {})
    socket.write(
      `POST /v1/attachments HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer ${alice.token}\r\n` +
        'Content-Type: multipart/form-data; boundary=x\r\nTransfer-Encoding: chunked\r\n\r\n',
    )
    const chunk = (text: string) => `${Buffer.byteLength(text).toString(16)}\r\n${text}\r\n`
    socket.write(chunk('--x\r\nContent-Disposition: form-data; name="pic"; filename="a"\r\n\r\n'))
    const more = setInterval(() => socket.write(chunk('a'.repeat(64 * 1024))), 1)
    let answer = ''
    socket.on('data', (data) => {
      answer += data
    })
    await once(socket, 'close')
    clearInterval(more)
    expect(answer).toMatch(/^HTTP\/1.1 413 .*Connection: close/s)
    expect(await filesOnDisk()).toEqual(before)
  })

  test('who goes away leaves nothing behind', async () => {
    const before = await filesOnDisk()
    const stop = new AbortController()
    const { headers, raw } = oldUpload({ bytes: randomBytes(100_000) })
    const body = new ReadableStream({ start: (controller) => controller.enqueue(raw.subarray(0, 90_000)) })
    const sending = fetch(`${env.url}/v1/attachments`, {
      method: 'POST',
      headers: { ...headers, ...bearer(alice) },
      body,
      duplex: 'half',
      signal: stop.signal,
    } as RequestInit)
    sending.catch(() => {})
    await until(async () => (await filesOnDisk()).incoming > before.incoming)
    stop.abort()
    await until(async () => (await filesOnDisk()).incoming === before.incoming)
    expect(await filesOnDisk()).toEqual(before)
  })
})

function createGate() {
  let open = () => {}
  const opened = new Promise<void>((resolve) => {
    open = resolve
  })
  return { opened, open }
}

async function until(isSo: () => Promise<boolean>): Promise<void> {
  for (let tries = 0; tries < 200; tries += 1) {
    if (await isSo()) return
    await new Promise((resolve) => setTimeout(resolve, 20))
  }
  throw new Error('it did not come to that')
}

describe('who may read', () => {
  let file: AttachmentObject
  let groupId: string
  let people: Record<string, Person>

  beforeAll(async () => {
    const names = ['member', 'removedBefore', 'removedAfter', 'late', 'stranger'] as const
    people = Object.fromEntries(
      await Promise.all(names.map(async (name) => [name, await env.person(name.toLowerCase())])),
    )
    const { member, removedBefore, removedAfter, late } = people as Record<(typeof names)[number], Person>
    const group = await alice.group(member, removedBefore, removedAfter)
    groupId = group.id
    await remove(removedBefore)
    file = await upload(alice, { bytes: photo })
    await show(alice, groupId, file)
    await remove(removedAfter)
    await alice.add(groupId, late)

    const other = await ensureApp(env.api.context.db, {
      key: 'another',
      secret: 'the secret of another app, long enough',
      name: 'another',
      createdAt: 1,
    })
    const { tokens } = env.api.context
    people.uploader = alice
    people.admin = admin
    people.adminOfAnotherApp = withToken(tokens.sign('admin', { app: other.id }))
    people.nobody = withToken('nonsense')
  })

  const withToken = (token: string) => Object.create(alice, { token: { value: token } }) as Person

  async function remove(person: Person): Promise<void> {
    const { entries } = await alice.pullMembers(groupId)
    const { id } = entries.find(({ userId }) => userId === person.id) as { id: string }
    await alice.must('DELETE', `sessions/${groupId}/members/${id}`)
  }

  test.each([
    ['uploader', 200],
    ['admin', 200],
    ['member', 200],
    // Sees the history.
    ['late', 200],
    ['removedAfter', 200],
    ['removedBefore', 403],
    ['stranger', 403],
    ['adminOfAnotherApp', 404],
    ['nobody', 401],
  ])('%s: %d', async (who, status) => {
    const person = people[who] as Person
    for (const path of ['', '/content', '/content/name.jpg', '/content?thumbnail=1']) {
      const answer = await get(`attachments/${file.id}${path}`, bearer(person))
      expect({ path, status: answer.status }).toEqual({ path, status })
    }
    // The same in the query, as the old client's pictures have it.
    const answer = await get(`attachments/${file.id}/content?access_token=${person.token}`)
    expect(answer.status).toBe(status)
  })

  test('no token: 400', async () => {
    expectRefusal(await alice.call('GET', `attachments/${file.id}/content`, { token: '' }), 400)
  })

  describe('a token for files, which stands in addresses that people copy', () => {
    const at = (path: string, token: string) => get(`attachments/${file.id}${path}access_token=${token}`)

    test('reads what its user may read', async () => {
      for (const path of ['/content?', '/content/name.jpg?', '/content?thumbnail=1&']) {
        expect((await at(path, alice.login.fileToken)).status).toBe(200)
        expect((await at(path, (people.stranger as Person).login.fileToken)).status).toBe(403)
      }
      const { body } = await alice.call<TokenObject>('POST', 'users/fileToken')
      expect((await at('/content?', body.access_token)).status).toBe(200)
      expectRefusal(await admin.call('POST', 'users/fileToken'), 403)
    })

    test('does nothing else', async () => {
      const token = alice.login.fileToken
      for (const [method, path] of [
        ['GET', `attachments/${file.id}`],
        ['DELETE', `attachments/${file.id}`],
        ['POST', 'attachments'],
        ['POST', 'users/fileToken'],
        ['POST', 'users/imToken'],
        ['POST', 'users/logout'],
        ['GET', `users/${alice.id}`],
        ['GET', `users/${alice.id}/userConversations`],
        ['GET', `sessions/${groupId}/messages`],
      ] as const) {
        expectRefusal(await alice.call(method, path, { token }), 401)
      }
      const [, claims] = token.split('.') as [string, string]
      expect(JSON.parse(Buffer.from(claims, 'base64url').toString()).aud).toBe('files')
    })

    test('ends with its login', async () => {
      const member = people.member as Person
      const { email, name } = member.login
      const json = { email, password: `password of ${name}` }
      const { token, fileToken } = await member.must<LoginObject>('POST', 'users/login', { json, token: '' })
      expect((await at('/content?', fileToken)).status).toBe(200)
      await member.must('POST', 'users/logout', { token })
      expect((await at('/content?', fileToken)).status).toBe(401)
      expect((await at('/content?', member.login.fileToken)).status).toBe(200)
    })
  })

  test('a stranger cannot make it readable by referring to it', async () => {
    const stranger = people.stranger as Person
    const own = await stranger.p2pWith(carol)
    await show(stranger, own.id, file)
    await stranger.send(own.id, `attachments/${file.id}/${'0'.repeat(32)}`)
    expect((await get(`attachments/${file.id}/content`, bearer(stranger))).status).toBe(403)
    expect((await get(`attachments/${file.id}/content`, bearer(carol))).status).toBe(403)
  })

  test('nor by editing a message of his', async () => {
    const stranger = people.stranger as Person
    const own = await stranger.p2pWith(carol)
    const { id } = await stranger.send(own.id, 'hello')
    const json = { type: 'text', content: `attachments/${file.id}/content` }
    await stranger.must('PUT', `sessions/${own.id}/messages/${id}`, { json })
    expect((await get(`attachments/${file.id}/content`, bearer(stranger))).status).toBe(403)
  })

  test('who may read it may pass it on', async () => {
    const [dave] = (await env.people('dave')) as [Person]
    const member = people.member as Person
    await show(member, (await member.p2pWith(dave)).id, file)
    expect((await get(`attachments/${file.id}/content`, bearer(dave))).status).toBe(200)
  })

  test('a message that is edited to show a file shares it', async () => {
    const own = await upload(alice, { bytes: photo })
    const { id: sessionId } = await alice.p2pWith(bob)
    const { id } = await alice.send(sessionId, 'wait for it')
    expect((await get(`attachments/${own.id}/content`, bearer(bob))).status).toBe(403)
    const json = { type: 'image', content: JSON.stringify({ src: `attachments/${own.id}/content` }) }
    await alice.must('PUT', `sessions/${sessionId}/messages/${id}`, { json })
    expect((await get(`attachments/${own.id}/content`, bearer(bob))).status).toBe(200)
  })

  test.each(['PUT', 'DELETE'])('a message that is recalled with %s takes it back', async (method) => {
    const own = await upload(alice, { bytes: photo })
    const { id: sessionId } = await alice.p2pWith(bob)
    const { id } = await show(alice, sessionId, own)
    expect((await get(`attachments/${own.id}/content`, bearer(bob))).status).toBe(200)
    const json = method === 'PUT' ? { type: 'system', content: '{"text":"recalled"}' } : undefined
    await alice.must(method, `sessions/${sessionId}/messages/${id}`, { json })
    expect((await get(`attachments/${own.id}/content`, bearer(bob))).status).toBe(403)
  })

  test('edited out, then named again by somebody else does not open it', async () => {
    const [owner] = (await env.people('owner')) as [Person]
    const own = await upload(alice, { bytes: photo })
    const { id: sessionId } = await owner.group(alice, bob)
    const { id } = await show(alice, sessionId, own)
    const path = `sessions/${sessionId}/messages/${id}`
    const statuses = () =>
      Promise.all(
        [owner, bob].map(async (each) => (await get(`attachments/${own.id}/content`, bearer(each))).status),
      )
    expect(await statuses()).toEqual([200, 200])
    await alice.must('PUT', path, { json: { type: 'text', content: 'sorry, not for you' } })
    expect(await statuses()).toEqual([403, 403])

    // Who runs the group may recall the message, and has a say in the words.
    const content = JSON.stringify({ text: `attachments/${own.id}/content` })
    const recalled = await owner.must<{ content: string }>('PUT', path, { json: { type: 'system', content } })
    expect(recalled.content).toContain(`attachments/${own.id}/content`)
    expect(await statuses()).toEqual([403, 403])
  })

  test('nor does naming it again after one’s own access is gone', async () => {
    const own = await upload(alice, { bytes: photo })
    const { id: source } = await alice.p2pWith(bob)
    const shown = await show(alice, source, own)
    const { id: target } = await bob.p2pWith(carol)
    const passedOn = await show(bob, target, own)
    const edit = (content: string) =>
      bob.must('PUT', `sessions/${target}/messages/${passedOn.id}`, { json: { type: 'text', content } })
    await edit('nothing')
    await alice.must('DELETE', `sessions/${source}/messages/${shown.id}`)
    await edit(`attachments/${own.id}/content`)
    for (const person of [bob, carol]) {
      expect((await get(`attachments/${own.id}/content`, bearer(person))).status).toBe(403)
    }
  })

  test('an edit that goes on naming a file leaves it as it was, and the references are what is named', async () => {
    const [first, second] = [await upload(alice, { bytes: photo }), await upload(alice, { bytes: photo })]
    const { id: source } = await alice.p2pWith(bob)
    const shown = await show(alice, source, first)
    const { id: target } = await bob.p2pWith(carol)
    const passedOn = await show(bob, target, first)
    await alice.must('DELETE', `sessions/${source}/messages/${shown.id}`)
    const references = () =>
      env.api.context.db
        .selectFrom('attachment_reference')
        .selectAll()
        .where('attachment_id', 'in', [first.id, second.id])
        .execute()
    const before = await references()
    expect(before).toMatchObject([{ attachment_id: first.id, message_id: passedOn.id }])
    const content = `attachments/${first.id}/content attachments/${second.id}/content`
    const json = { type: 'text', content }
    await bob.must('PUT', `sessions/${target}/messages/${passedOn.id}`, { json })
    expect(await references()).toEqual(before)
    expect((await get(`attachments/${first.id}/content`, bearer(carol))).status).toBe(200)
    expect((await get(`attachments/${second.id}/content`, bearer(carol))).status).toBe(403)
    await bob.must('DELETE', `sessions/${target}/messages/${passedOn.id}`)
    expect(await references()).toEqual([])
  })

  test('slashes as some JSON writers spell them', async () => {
    const own = await upload(alice, { bytes: photo })
    const { id: sessionId } = await alice.p2pWith(bob)
    const content = `{"src":"attachments\\/${own.id}\\/content"}`
    await alice.must('POST', `sessions/${sessionId}/messages`, { json: { type: 'image', content } })
    expect((await get(`attachments/${own.id}/content`, bearer(bob))).status).toBe(200)
  })

  test('another id that begins the same is not meant', async () => {
    const own = await upload(alice, { bytes: photo })
    const { id: sessionId } = await alice.p2pWith(bob)
    await alice.send(sessionId, `attachments/${own.id}0/content attachments/${own.id}`)
    expect((await get(`attachments/${own.id}/content`, bearer(bob))).status).toBe(403)
  })

  test('deleting: the uploader and administrators only', async () => {
    const [first, second] = [await upload(alice, { bytes: photo }), await upload(alice, { bytes: photo })]
    await show(alice, groupId, first)
    for (const who of ['member', 'stranger', 'adminOfAnotherApp', 'nobody']) {
      const answer = await (people[who] as Person).call('DELETE', `attachments/${first.id}`)
      expectRefusal(answer)
    }
    const { kept } = await filesOnDisk()
    expect(await alice.must('DELETE', `attachments/${first.id}`)).toEqual({})
    expect(await admin.must('DELETE', `attachments/${second.id}`)).toEqual({})
    for (const { id, md5 } of [first, second]) {
      for (const path of ['', '/content', `/${md5}`]) {
        expectRefusal(
          await alice.call('GET', `attachments/${id}${path}`, path === `/${md5}` ? { token: '' } : {}),
          404,
        )
      }
    }
    expectRefusal(await alice.call('DELETE', `attachments/${first.id}`), 404)
    // Two pictures with a thumbnail each.
    expect((await filesOnDisk()).kept).toBe(kept - 4)
  })
})

describe('the public address', () => {
  let file: AttachmentObject
  beforeAll(async () => {
    file = await upload(alice, { bytes: photo })
  })

  test.each(['', '.png'])('needs no token, with %j behind', async (suffix) => {
    const { status, headers, bytes } = await get(`attachments/${file.id}/${file.md5}${suffix}`)
    expect(status).toBe(200)
    expect(bytes.equals(photo)).toBe(true)
    expect(headers.get('content-type')).toBe('image/jpeg')
    expect(headers.get('content-disposition')).toBe("inline; filename*=UTF-8''photo.jpg")
    expect(headers.get('cache-control')).toMatch(/public, max-age=31536000/)
    expect(headers.get('cross-origin-resource-policy')).toBe('cross-origin')
    expect(headers.get('content-security-policy')).toBe("default-src 'none'; sandbox")
  })

  test('any If-Modified-Since is answered with 304, once the key is right', async () => {
    const since = { 'If-Modified-Since': 'Mon, 01 Jan 2001 00:00:00 GMT' }
    expect((await get(`attachments/${file.id}/${file.md5}`, since)).status).toBe(304)
    expect((await get(`attachments/${file.id}/${'0'.repeat(32)}`, since)).status).toBe(404)
  })

  test.each([
    ['a wrong key', () => '0'.repeat(32)],
    ['part of the key', () => file.md5.slice(0, 31)],
    ['the key in capitals', () => `${file.md5.toUpperCase()}A`],
    ['a word', () => 'undefined'],
    ['the path of another route', () => 'thumbnail'],
  ])('%s: 404', async (_title, key) => {
    expectRefusal(await alice.call('GET', `attachments/${file.id}/${key()}`, { token: '' }), 404)
  })

  test('the key of another file: 404', async () => {
    const { md5 } = await upload(alice, { bytes: photo })
    expectRefusal(await alice.call('GET', `attachments/${file.id}/${md5}`, { token: '' }), 404)
  })

  test.each([
    [
      'SVG',
      'image/svg+xml',
      '<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>',
      'a.svg',
    ],
    ['HTML', 'text/html', '<script>alert(1)</script>', 'a.html'],
    ['HTML that says it is a picture', 'image/png', '<script>alert(1)</script>', 'a.png'],
    ['a script', 'text/javascript', 'alert(1)', 'a.js'],
    ['a PDF', 'application/pdf', '%PDF-1.4', 'a.pdf'],
  ])('%s is a download of no type', async (_title, type, text, fileName) => {
    const { id, md5, ...rest } = await upload(alice, { bytes: Buffer.from(text), type, fileName })
    expect(rest).not.toHaveProperty('width')
    const { headers } = await get(`attachments/${id}/${md5}`)
    expect(headers.get('content-type')).toBe('application/octet-stream')
    expect(headers.get('content-disposition')).toMatch(/^attachment;/)
    expect(headers.get('x-content-type-options')).toBe('nosniff')
  })
})

describe('ranges and caching', () => {
  const bytes = Buffer.from('0123456789')
  let file: AttachmentObject
  beforeAll(async () => {
    file = await upload(alice, { bytes, type: 'text/plain', fileName: 'digits.txt' })
  })
  const ask = (headers: Record<string, string>, method = 'GET') =>
    get(`attachments/${file.id}/content`, { ...bearer(alice), ...headers }, method)

  test.each([
    ['bytes=0-3', 206, '0123', 'bytes 0-3/10'],
    ['bytes=0-0', 206, '0', 'bytes 0-0/10'],
    ['bytes=4-', 206, '456789', 'bytes 4-9/10'],
    ['bytes=-2', 206, '89', 'bytes 8-9/10'],
    ['bytes=8-100', 206, '89', 'bytes 8-9/10'],
    ['bytes=10-', 416, undefined, 'bytes */10'],
    ['bytes=0-1,4-5', 200, '0123456789', null],
    ['lines=1-2', 200, '0123456789', null],
    ['nonsense', 200, '0123456789', null],
  ])('Range: %s', async (range, status, text, contentRange) => {
    const answer = await ask({ Range: range })
    expect(answer.status).toBe(status)
    expect(answer.headers.get('content-range')).toBe(contentRange)
    if (text !== undefined) {
      expect(String(answer.bytes)).toBe(text)
      expect(answer.headers.get('content-length')).toBe(String(text.length))
    }
  })

  test('thumbnail=0 and an unneeded token change nothing at the public address', async () => {
    const answer = await get(`attachments/${file.id}/${file.md5}?thumbnail=0&access_token=x`)
    expect(String(answer.bytes)).toBe('0123456789')
  })

  test('If-Range: a part of the same, else the whole', async () => {
    const etag = (await ask({})).headers.get('etag') as string
    expect((await ask({ Range: 'bytes=0-3', 'If-Range': etag })).status).toBe(206)
    expect((await ask({ Range: 'bytes=0-3', 'If-Range': '"other"' })).status).toBe(200)
  })

  test('If-None-Match and If-Modified-Since', async () => {
    const { headers } = await ask({})
    const etag = headers.get('etag') as string
    expect(headers.get('cache-control')).toBe('private, no-cache, no-transform')
    expect((await ask({ 'If-None-Match': `"x", W/${etag}` })).status).toBe(304)
    expect((await ask({ 'If-None-Match': '"x"' })).status).toBe(200)
    expect((await ask({ 'If-Modified-Since': headers.get('last-modified') as string })).status).toBe(304)
    expect((await ask({ 'If-Modified-Since': 'Mon, 01 Jan 2001 00:00:00 GMT' })).status).toBe(200)
  })

  test('HEAD says all and sends nothing', async () => {
    const { status, headers, bytes: none } = await ask({}, 'HEAD')
    expect({ status, length: none.length }).toEqual({ status: 200, length: 0 })
    expect(headers.get('content-length')).toBe('10')
    expect(headers.get('accept-ranges')).toBe('bytes')
  })

  test('a name of the caller’s choice', async () => {
    const name = encodeURIComponent("会议's (1)*.txt")
    const answer = await get(`attachments/${file.id}/content/${name}`, bearer(alice))
    expect(answer.headers.get('content-disposition')).toBe(
      "attachment; filename*=UTF-8''%E4%BC%9A%E8%AE%AE%27s%20%281%29%2A.txt",
    )
    const evil = encodeURIComponent('../a\r\nX-Evil: 1"')
    const tamed = await get(`attachments/${file.id}/content/${evil}`, bearer(alice))
    expect(tamed.headers.get('content-disposition')).toBe("attachment; filename*=UTF-8''aX-Evil%3A%201")
    expect(tamed.headers.get('x-evil')).toBeNull()
  })
})

describe('pictures', () => {
  test.each(['jpeg', 'png', 'gif', 'webp'] as const)('%s has a size and a thumbnail', async (format) => {
    const { id, md5, ...rest } = await upload(alice, { bytes: await picture(1000, 500, format) })
    expect(rest).toMatchObject({ width: 1000, height: 500 })
    expect((await get(`attachments/${id}/${md5}`)).headers.get('content-type')).toBe(`image/${format}`)
    for (const path of [`${id}/${md5}`, `${id}/content`]) {
      const { headers, bytes } = await get(
        `attachments/${path}?thumbnail=1`,
        path.endsWith('content') ? bearer(alice) : {},
      )
      expect(headers.get('content-type')).toBe('image/webp')
      expect(await sharp(bytes).metadata()).toMatchObject({ format: 'webp', width: 320, height: 160 })
    }
  })

  test('a small picture is not blown up', async () => {
    const { id } = await upload(alice, { bytes: await picture(20, 10) })
    const { bytes } = await get(`attachments/${id}/content?thumbnail=1`, bearer(alice))
    expect(await sharp(bytes).metadata()).toMatchObject({ width: 20, height: 10 })
  })

  test('a picture taken upright is measured and shown upright', async () => {
    const bytes = await sharp(await picture(400, 200))
      .withMetadata({ orientation: 6 })
      .toBuffer()
    const { id, ...rest } = await upload(alice, { bytes })
    expect(rest).toMatchObject({ width: 200, height: 400 })
    const { bytes: small } = await get(`attachments/${id}/content?thumbnail=1`, bearer(alice))
    expect(await sharp(small).metadata()).toMatchObject({ width: 160, height: 320 })
  })

  test('what a camera writes about the place is not in the thumbnail', async () => {
    const bytes = await sharp(photo)
      .withExif({ IFD0: { Copyright: 'alice' } })
      .jpeg()
      .toBuffer()
    const { id } = await upload(alice, { bytes })
    const { bytes: small } = await get(`attachments/${id}/content?thumbnail=1`, bearer(alice))
    expect((await sharp(small).metadata()).exif).toBeUndefined()
  })

  test.each([
    ['cut off', () => photo.subarray(0, photo.length / 2)],
    ['nothing but the first bytes', () => photo.subarray(0, 12)],
    ['a header that promises 60000 × 60000 pixels', () => hugePng()],
  ])('a broken one is a plain file: %s', async (_title, bytes) => {
    const { id, md5, ...rest } = await upload(alice, { bytes: bytes() })
    expect(rest).not.toHaveProperty('width')
    const { headers, bytes: got } = await get(`attachments/${id}/${md5}`)
    expect(headers.get('content-type')).toBe('application/octet-stream')
    expect(got.equals(bytes())).toBe(true)
    expect((await get(`attachments/${id}/${md5}?thumbnail=1`)).status).toBe(404)
  })

  function hugePng(): Buffer {
    const png = Buffer.alloc(64)
    Buffer.from('89504e470d0a1a0a0000000d49484452', 'hex').copy(png)
    png.writeUInt32BE(60_000, 16)
    png.writeUInt32BE(60_000, 20)
    png.writeUInt8(8, 24)
    png.writeUInt8(6, 25)
    return png
  }
})

test('pictures that are too many at a time are to be sent again; other files go on', async () => {
  const gate = createGate()
  const busy = Array.from({ length: imageQueue.capacity }, () => imageQueue.run(() => gate.opened))
  try {
    const before = await filesOnDisk()
    const refused = await alice.call('POST', 'attachments', oldUpload({ bytes: photo }))
    expect(refused).toMatchObject({ status: 503, body: { code: 'Unavailable' } })
    expect(Number(refused.headers.get('Retry-After'))).toBeGreaterThanOrEqual(1)
    expect(await filesOnDisk()).toEqual(before)
    await upload(alice, { bytes: Buffer.from('no picture') })
  } finally {
    gate.open()
    await Promise.all(busy)
  }
  expect(await upload(alice, { bytes: photo })).toMatchObject({ width: 640 })
})

describe('clean-up', () => {
  const ctx = () => env.api.context
  const isThere = async ({ id }: { id: string }) =>
    (await get(`attachments/${id}/content`, bearer(admin))).status === 200

  test('what nothing shows goes after a day, with its bytes; what is shown stays', async () => {
    await cleanUp(ctx())
    const unused = await upload(alice, { bytes: photo })
    const shown = await upload(alice, { bytes: photo })
    const avatar = await upload(alice, { bytes: photo })
    const groupAvatar = await upload(alice, { bytes: photo })
    const emoji = await upload(admin, { bytes: photo })
    const claimed = await upload(alice, { bytes: photo })
    const group = await alice.group(bob)
    await show(alice, group.id, shown)
    // A stranger's word keeps nothing alive.
    await show(carol, (await carol.p2pWith(bob)).id, claimed)
    const put = (table: 'app_user' | 'session', id: string, { id: file, md5 }: AttachmentObject) =>
      ctx()
        .db.updateTable(table)
        .set({ avatar_url: `attachments/${file}/${md5}` })
        .where('id', '=', id)
        .execute()
    await put('app_user', alice.id, avatar)
    await put('session', group.id, groupAvatar)
    await admin.must('POST', 'emojis', {
      json: { name: '笑', url: `/v1/attachments/${emoji.id}/${emoji.md5}` },
    })

    now += 23 * HOUR_MS
    await cleanUp(ctx())
    expect(await isThere(unused)).toBe(true)

    now += 2 * HOUR_MS
    const fresh = await upload(alice, { bytes: photo })
    await cleanUp(ctx())
    const expected: [AttachmentObject, boolean][] = [
      [unused, false],
      [claimed, false],
      [shown, true],
      [avatar, true],
      [groupAvatar, true],
      [emoji, true],
      [fresh, true],
    ]
    for (const [file, there] of expected) expect([file.id, await isThere(file)]).toEqual([file.id, there])

    now += 2 * HOUR_MS
    expect((await cleanUp(ctx()))?.blobsRemoved).toBeGreaterThanOrEqual(2)
    const live = await ctx().db.selectFrom('attachment').selectAll().where('is_deleted', '=', false).execute()
    const thumbnails = live.filter(({ thumbnail_size }) => thumbnail_size !== null)
    expect((await filesOnDisk()).kept).toBe(live.length + thumbnails.length)
  })

  test('the avatar of a group stays for those who left while it had it', async () => {
    const avatar = await upload(alice, { bytes: photo })
    const { id } = await alice.group(bob)
    const avatarUrl = `attachments/${avatar.id}/${avatar.md5}`
    await alice.must('PUT', `sessions/${id}`, { json: { avatarUrl } })
    const { entries } = await bob.pullMembers(id)
    const own = entries.find(({ userId }) => userId === bob.id)
    await bob.must('DELETE', `sessions/${id}/members/${own?.id}`)
    await alice.must('PUT', `sessions/${id}`, { json: { avatarUrl: ' ' } })
    const conversations = await bob.pullConversations()
    expect(conversations.entries.find(({ sessionId }) => sessionId === id)).toMatchObject({ avatarUrl })

    now += 25 * HOUR_MS
    await cleanUp(ctx())
    expect((await get(avatarUrl)).status).toBe(200)
  })

  test('the avatar of a user stays for those who were removed while he had it, and for nobody else', async () => {
    const [before, then, after] = [
      await upload(bob, { bytes: photo }),
      await upload(bob, { bytes: photo }),
      await upload(bob, { bytes: photo }),
    ]
    const wear = (file: AttachmentObject) =>
      bob.must('PUT', `users/${bob.id}`, { json: { avatarUrl: `attachments/${file.id}/${file.md5}` } })
    const { id } = await alice.group(bob, carol)
    await wear(before)
    await wear(then)
    const memberOf = async (person: Person) =>
      (await carol.pullMembers(id)).entries.find(({ userId }) => userId === person.id)
    await carol.must('DELETE', `sessions/${id}/members/${(await memberOf(carol))?.id}`)
    await wear(after)
    await bob.must('PUT', `users/${bob.id}`, { json: { avatarUrl: ' ' } })
    const { avatarUrl } = (await memberOf(bob)) ?? {}
    expect(avatarUrl).toContain(`attachments/${then.id}/`)

    now += 25 * HOUR_MS
    await cleanUp(ctx())
    expect([await isThere(before), await isThere(then), await isThere(after)]).toEqual([false, true, false])
  })

  describe('when the store fails', () => {
    const bytes = Buffer.from('x')
    const blobOf = async ({ id }: { id: string }) => {
      const { db } = ctx()
      const row = db.selectFrom('attachment').select('blob').where('id', '=', id)
      return (await row.executeTakeFirstOrThrow()).blob
    }

    /** Replaces methods of the blob store meanwhile. */
    async function withStore(methods: Partial<Context['blobs']>, run: () => Promise<void>): Promise<void> {
      const { blobs } = ctx()
      const before = { ...blobs }
      Object.assign(blobs, methods)
      try {
        await run()
      } finally {
        Object.assign(blobs, before)
      }
    }

    /** What other tests have left is gone. */
    beforeEach(async () => {
      for (let n = 0; n < 2; n += 1) {
        await cleanUp(ctx())
        now += 2 * HOUR_MS
      }
    })

    /** Deleted, with their bytes still there, since more than an hour. */
    async function leftovers(count: number): Promise<AttachmentObject[]> {
      const files: AttachmentObject[] = []
      for (let n = 0; n < count; n += 1) files.push(await upload(alice, { bytes }))
      const remove = () => Promise.reject(new Error('the store is away'))
      await withStore({ remove }, async () => {
        for (const { id } of files) await alice.must('DELETE', `attachments/${id}`)
      })
      now += 2 * HOUR_MS
      return files
    }

    test.each<[string, () => Promise<void>]>([
      ['refuses', () => Promise.reject(new Error('refused'))],
      ['never answers', () => new Promise(() => {})],
    ])('%s one file: the others go, and this one with a later run', async (_title, fail) => {
      const [stuck, ...others] = (await leftovers(4)) as [AttachmentObject, ...AttachmentObject[]]
      const stuckBlob = await blobOf(stuck)
      const { remove } = ctx().blobs
      await withStore({ remove: (name) => (name === stuckBlob ? fail() : remove(name)) }, async () => {
        expect(await cleanUp(ctx(), { blobTimeoutMs: 100 })).toMatchObject({
          blobsRemoved: 3,
          blobsFailed: 1,
        })
        expect(await Promise.all(others.map(blobOf))).toEqual([null, null, null])
        expect(await blobOf(stuck)).toBe(stuckBlob)
        // Not again and again.
        expect(await cleanUp(ctx(), { blobTimeoutMs: 100 })).toMatchObject({ blobsFailed: 0 })
      })
      now += 2 * HOUR_MS
      expect(await cleanUp(ctx())).toMatchObject({ blobsRemoved: 1, blobsFailed: 0 })
      expect(await blobOf(stuck)).toBeNull()
    })

    test('does not answer while we stop: nobody waits for it, and the file stays for the next run', async () => {
      const [stuck] = (await leftovers(1)) as [AttachmentObject]
      const stopping = new AbortController()
      const remove = () => {
        setImmediate(() => stopping.abort())
        return new Promise<void>(() => {})
      }
      await withStore({ remove }, async () => {
        expect(await cleanUp(ctx(), { signal: stopping.signal })).toMatchObject({
          blobsRemoved: 0,
          blobsFailed: 0,
        })
      })
      expect(await cleanUp(ctx())).toMatchObject({ blobsRemoved: 1, blobsFailed: 0 })
      expect(await blobOf(stuck)).toBeNull()
    })

    test('all files: the run gives up on them for now, and does the rest', async () => {
      await leftovers(30)
      const path = join(folder.path, 'attachments', 'incoming', 'left')
      await writeFile(path, 'x')
      const then = new Date(now - 25 * HOUR_MS)
      await utimes(path, then, then)
      const remove = () => Promise.reject(new Error('the store is away'))
      await withStore({ remove }, async () => {
        expect(await cleanUp(ctx())).toMatchObject({ blobsRemoved: 0, blobsFailed: 10, uploadsRemoved: 1 })
      })
      now += 2 * HOUR_MS
      expect(await cleanUp(ctx())).toMatchObject({ blobsRemoved: 30, blobsFailed: 0 })
    })

    test('takes hours to store a file that counts as lost by then: 503, and nothing is left', async () => {
      const before = await filesOnDisk()
      const gate = createGate()
      const begun = createGate()
      const { put } = ctx().blobs
      const slowly: typeof put = async (name, path) => {
        begun.open()
        await gate.opened
        await put(name, path)
      }
      await withStore({ put: slowly }, async () => {
        const sending = alice.call('POST', 'attachments', oldUpload({ bytes }))
        await begun.opened
        now += 2 * HOUR_MS
        expect(await cleanUp(ctx())).toMatchObject({ blobsRemoved: 1 })
        gate.open()
        expect(await sending).toMatchObject({ status: 503, body: { code: 'Unavailable' } })
      })
      expect(await filesOnDisk()).toEqual(before)
    })
  })

  test('what was recalled goes a week after it was last seen in use', async () => {
    const file = await upload(alice, { bytes: photo })
    const { id: sessionId } = await alice.p2pWith(bob)
    const { id } = await show(alice, sessionId, file)
    now += 25 * HOUR_MS
    await cleanUp(ctx())
    await alice.must('DELETE', `sessions/${sessionId}/messages/${id}`)
    now += 24 * HOUR_MS
    await cleanUp(ctx())
    expect(await isThere(file)).toBe(true)
    now += 7 * 24 * HOUR_MS
    await cleanUp(ctx())
    expect(await isThere(file)).toBe(false)
  })

  test('uploads that a crash left behind go', async () => {
    const path = join(folder.path, 'attachments', 'incoming', 'left')
    await writeFile(path, 'x')
    const { incoming } = await filesOnDisk()
    const then = new Date(now - 25 * HOUR_MS)
    await utimes(path, then, then)
    expect(await cleanUp(ctx())).toMatchObject({ uploadsRemoved: 1 })
    expect((await filesOnDisk()).incoming).toBe(incoming - 1)
  })

  test('a file whose storing was cut off by a crash is not there, and its bytes go', async () => {
    const file = await upload(alice, { bytes: photo })
    // As it is between the two writes.
    await ctx()
      .db.updateTable('attachment')
      .set({ is_deleted: true, is_storing: true })
      .where('id', '=', file.id)
      .execute()
    await cleanUp(ctx())
    const left = () =>
      ctx().db.selectFrom('attachment').select('blob').where('id', '=', file.id).executeTakeFirstOrThrow()
    expect((await left()).blob).not.toBeNull()
    now += 2 * HOUR_MS
    await cleanUp(ctx())
    expect((await left()).blob).toBeNull()
  })

  test('of several processes one is at it', async () => {
    const results = await Promise.all([cleanUp(ctx()), cleanUp(ctx()), cleanUp(ctx())])
    expect(results.filter((result) => result !== undefined).length).toBeGreaterThanOrEqual(1)
    expect(await cleanUp(ctx())).toBeDefined()
  })

  test('what is sent while the clean-up looks is kept or was gone before, never lost', async () => {
    const { id: sessionId } = await alice.p2pWith(bob)
    const files: AttachmentObject[] = []
    while (files.length < 20) files.push(await upload(alice, { bytes: Buffer.from('x') }))
    now += 25 * HOUR_MS
    await Promise.all([...files.map((file) => show(alice, sessionId, file)), cleanUp(ctx())])
    const rows = await ctx().db.selectFrom('attachment_reference').selectAll().execute()
    for (const file of files) {
      const isReferred = rows.some((row) => row.attachment_id === file.id)
      expect([file.id, await isThere(file)]).toEqual([file.id, isReferred])
    }
  })
})

test('a type that is not allowed is refused by what it is, not by what it says', async () => {
  const strict = await TestEnv.start({
    settings: { DATA_DIR: folder.path, UPLOAD_TYPES: 'image/*, application/pdf' },
  })
  try {
    const dora = await strict.person('dora')
    const send = (file: OldFile) => dora.call('POST', 'attachments', oldUpload(file))
    expect((await send({ bytes: photo, type: 'image/jpg' })).status).toBe(200)
    expect((await send({ bytes: Buffer.from('%PDF'), type: 'application/pdf' })).status).toBe(200)
    expectRefusal(await send({ bytes: Buffer.from('hello'), type: 'text/plain' }), 415)
    expectRefusal(await send({ bytes: Buffer.from('hello'), type: 'image/png' }), 415)
  } finally {
    await strict.close()
  }
})

describe('kept in S3', () => {
  let s3: TestS3
  let cloud: TestEnv
  let erin: Person
  beforeAll(async () => {
    s3 = await startS3()
    cloud = await TestEnv.start({ settings: { DATA_DIR: folder.path, ...s3.settings } })
    erin = await cloud.person('erin')
  })
  afterAll(async () => {
    await cloud.close()
    await s3.close()
  })

  test('an upload comes back, whole, in part and as a thumbnail, and leaves nothing on the disk', async () => {
    const before = await filesOnDisk()
    const file = await upload(erin, { bytes: photo })
    const fetchIt = async (query = '', headers = {}) => {
      const response = await fetch(`${cloud.url}/v1/attachments/${file.id}/${file.md5}${query}`, { headers })
      return { status: response.status, bytes: Buffer.from(await response.arrayBuffer()) }
    }
    expect((await fetchIt()).bytes.equals(photo)).toBe(true)
    const part = await fetchIt('', { Range: 'bytes=10-19' })
    expect(part.status).toBe(206)
    expect(part.bytes.equals(photo.subarray(10, 20))).toBe(true)
    expect(await sharp((await fetchIt('?thumbnail=1')).bytes).metadata()).toMatchObject({ width: 320 })
    expect(await filesOnDisk()).toEqual(before)
    await erin.must('DELETE', `attachments/${file.id}`)
    expect((await fetchIt()).status).toBe(404)
  })

  test('a store that does not answer is an error, and nothing is left of the upload', async () => {
    const lost = await TestEnv.start({
      settings: { DATA_DIR: folder.path, ...s3.settings, S3_ENDPOINT: 'http://127.0.0.1:1' },
    })
    try {
      const frank = await lost.person('frank')
      const before = await filesOnDisk()
      const answer = await frank.call('POST', 'attachments', oldUpload({ bytes: photo }))
      expect(answer).toMatchObject({ status: 503, body: { code: 'Unavailable' } })
      expect(await filesOnDisk()).toEqual(before)
    } finally {
      await lost.close()
    }
  })
})
