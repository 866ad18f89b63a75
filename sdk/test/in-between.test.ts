import { afterAll, beforeAll, beforeEach, expect, test } from '@jest/globals'
import { TestEnv } from '../../test/helpers/test-env.js'
import type { Session } from '../src/index.js'
import { device, hears, idOf, person, type TestClient, textsOf } from './helpers/clients.js'

/** What something between the client and the server answers instead of it, by a part of the address. */
const answers = new Map<string, () => Response>()

const fetchThrough: typeof fetch = async (input, init) => {
  for (const [part, answer] of answers) if (String(input).includes(part)) return answer()
  return fetch(input, init)
}

let env: TestEnv
let alice: TestClient
let bob: TestClient
let session: Session

beforeAll(async () => {
  env = await TestEnv.start()
  ;[alice, bob] = await Promise.all([person(env, 'alice', { fetch: fetchThrough }), person(env, 'bob')])
  session = await alice.sessions.p2p(idOf(bob))
})
afterAll(() => env.close())
beforeEach(() => answers.clear())

const page = (status: number) => () => new Response('<html>Welcome to the hotel</html>', { status })

test.each([200, 401, 403, 404, 502])(
  'a page with status %d is no answer: what is sent waits, nothing is believed',
  async (status) => {
    answers.set('/messages', page(status))
    const message = session.sendText(`through ${status}`)
    await alice.next('trace', (trace) => trace.kind === 'request' && trace.request.method === 'POST')
    expect(message.status).toBe('storing')
    answers.clear()
    await message.whenStored()
    await hears(bob, `through ${status}`)
    expect(alice.state).toBe('live')
    expect(session.isOver).toBe(false)
  },
)

test('nor is one for who catches up: it is asked again until the server answers', async () => {
  const there = await bob.sessions.p2p(idOf(alice))
  answers.set('/messages', page(404))
  await there.sendText('while a proxy was confused').whenStored()
  await alice.next('trace', (trace) => trace.kind === 'request' && trace.request.path.includes('/messages'))
  answers.clear()
  await hears(alice, 'while a proxy was confused')
})

test('an upload whose token holds no longer ends the login, once', async () => {
  const carol = await person(env, 'carol', { fetch: fetchThrough })
  const own = await carol.sessions.own()
  let uploads = 0
  answers.set('/attachments', () => {
    uploads += 1
    return Response.json(
      { status: 401, code: 'InvalidToken', error: 'invalid_token', message: 'x' },
      { status: 401 },
    )
  })
  const ended = carol.next('loggedOut')
  own.sendFile(new Blob(['bytes']), { name: 'a.bin' })
  expect(await ended).toEqual({ reason: 'rejected' })
  expect(uploads).toBe(1)
})

test('a file that can no longer be read holds up nothing', async () => {
  const gone = new Blob(['bytes'])
  // As a file does that was changed on the disk after it had been chosen.
  gone.slice = () => ({ arrayBuffer: () => Promise.reject(new Error('NotReadableError')) }) as unknown as Blob
  const first = session.sendFile(gone, { name: 'gone.bin' })
  const second = session.sendText('after the file')
  await expect(first.whenStored()).rejects.toMatchObject({ code: 'FileMissing' })
  await second.whenStored()
  await first.cancel()
})

test('one object of each message, for whoever holds it', async () => {
  const tablet = await device(env, 'alice')
  const heard = tablet.next('message', ({ preview }) => preview === 'held')
  const sent = session.sendText('held')
  await sent.whenStored()
  const received = await heard
  const there = tablet.sessions.get(session.id)
  await there?.messages.open()
  expect(there?.messages.get(sent.id ?? '')).toBe(received)
  there?.messages.close()
  const { revision } = received
  const changed = tablet.next('messageChanged', (message) => message === received)
  await sent.recall('taken back')
  await changed
  expect(received.preview).toBe('taken back')
  expect(received.revision).toBeGreaterThan(revision)
  expect(sent.preview).toBe('taken back')
  expect(textsOf([sent])).toEqual(['taken back'])
})
