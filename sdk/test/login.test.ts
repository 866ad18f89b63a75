import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { administratorOf } from '../../test/helpers/admin.js'
import { request } from '../../test/helpers/http.js'
import { TestEnv } from '../../test/helpers/test-env.js'
import { memoryStorage, type StorageAdapter } from '../src/index.js'
import { credentialsOf, device, idOf, newClient, person, textsOf } from './helpers/clients.js'

let env: TestEnv
beforeAll(async () => {
  env = await TestEnv.start()
})
afterAll(() => env.close())

/** One storage for several clients, as the pages of a browser have it one after the other. */
function sameStorage(): StorageAdapter {
  const adapter = memoryStorage()
  const opened = adapter.open('shared')
  return { ...adapter, open: async () => ({ ...bound(await opened), close: async () => {} }) }
}

const bound = (storage: Awaited<ReturnType<StorageAdapter['open']>>) => ({
  get: storage.get.bind(storage),
  list: storage.list.bind(storage),
  write: storage.write.bind(storage),
  clear: storage.clear.bind(storage),
})

test('a login that was kept without a token for files goes on with what it has', async () => {
  const storage = sameStorage()
  await newClient(env.url).register({ ...credentialsOf('early'), name: 'early' })
  const before = newClient(env.url, { pushUrl: env.wsUrl, storage })
  await before.login(credentialsOf('early'))
  const address = () => new URL(before.files.urlOf('attachments/1/content') ?? '').searchParams
  expect(address().get('access_token')).toMatch(/./)
  await before.close()
  const opened = await storage.open('')
  const { fileToken, ...login } = (await opened.get('login')) as { token: string; fileToken: string }
  expect(fileToken).not.toBe(login.token)
  await opened.write([['login', login]])
  const after = newClient(env.url, { pushUrl: env.wsUrl, storage })
  await after.resume()
  expect(after.files.urlOf('attachments/1/content')).toContain(`access_token=${login.token}`)
})

describe('logging in', () => {
  test('comes first: without it the server is not asked', async () => {
    const client = newClient(env.url, { pushUrl: env.wsUrl })
    const asked: unknown[] = []
    client.on('trace', (trace) => asked.push(trace))
    await expect(client.users.search('somebody')).rejects.toMatchObject({ code: 'NotLoggedIn' })
    await expect(client.changePassword('old', 'new')).rejects.toMatchObject({ code: 'NotLoggedIn' })
    expect(asked).toEqual([])
  })

  test('goes from idle to live, and knows who it is', async () => {
    const states: string[] = []
    const client = newClient(env.url, { pushUrl: env.wsUrl })
    client.on('status', ({ state }) => states.push(state))
    await client.register({ ...credentialsOf('alice'), name: 'Alice' })
    expect(client.me).toBeUndefined()
    const me = await client.login(credentialsOf('alice'))
    expect(me).toMatchObject({ name: 'Alice', account: 'alice@example.com' })
    await client.until('live')
    expect(states).toEqual(['connecting', 'catchingUp', 'live'])
    expect(client.errors).toEqual([])
  })

  test.each([
    ['a wrong password', { account: 'alice@example.com', password: 'wrong' }, 'WrongCredentials', 400],
    ['nobody', { account: 'nobody@example.com', password: 'x' }, 'WrongCredentials', 400],
    ['an empty password', { account: 'alice@example.com', password: '' }, 'InvalidParameter', 400],
  ])('%s is refused', async (_title, credentials, code, status) => {
    const client = newClient(env.url)
    await expect(client.login(credentials)).rejects.toMatchObject({ name: 'NudgeError', code, status })
    expect(client.state).toBe('idle')
  })

  test('an account is made once', async () => {
    const client = newClient(env.url)
    const again = client.register({ ...credentialsOf('alice'), name: 'Alice' })
    await expect(again).rejects.toMatchObject({ code: 'AlreadyExists', status: 409 })
  })

  test('a server that is not there is Unreachable', async () => {
    const client = newClient('http://127.0.0.1:9')
    await expect(client.login(credentialsOf('alice'))).rejects.toMatchObject({
      code: 'Unreachable',
      status: 0,
    })
  })

  test('nothing can be done while nobody is logged in', async () => {
    const client = newClient(env.url)
    await expect(client.contacts.add('1')).rejects.toMatchObject({ code: 'NotLoggedIn' })
    await expect(client.sessions.own()).rejects.toMatchObject({ code: 'NotLoggedIn' })
    expect(client.conversations.items).toEqual([])
  })

  test('hashPassword decides what is sent', async () => {
    const hashPassword = (typed: string) => `hash of ${typed}`
    const client = newClient(env.url, { hashPassword })
    await client.register({ account: 'hashed@example.com', password: 'secret' })
    await newClient(env.url).login({ account: 'hashed@example.com', password: 'hash of secret' })
    await client.login({ account: 'hashed@example.com', password: 'secret' })
    await client.changePassword('secret', 'new')
    await newClient(env.url).login({ account: 'hashed@example.com', password: 'hash of new' })
  })
})

describe('logging in with a token', () => {
  /** As the server of an app of one's own begins a login, and hands it to its page. */
  async function begin(name: string): Promise<{ userId: string; token: string }> {
    const { account: email, password } = credentialsOf(name)
    const url = `${env.url}/v1/users`
    await request('POST', `${url}/register`, { json: { email, password, name } })
    const { body } = await request('POST', `${url}/login`, { json: { email, password } })
    return { userId: body.id, token: body.token }
  }

  test('goes on with a login that was begun elsewhere, which logout ends', async () => {
    const login = await begin('heidi')
    const client = newClient(env.url, { pushUrl: env.wsUrl })
    const me = await client.loginWithToken(login)
    expect(me).toMatchObject({ id: login.userId, name: 'heidi', account: 'heidi@example.com' })
    await client.until('live')
    await (await client.sessions.own()).sendText('mine').whenStored()
    expect(client.errors).toEqual([])
    await client.logout()
    const again = newClient(env.url).loginWithToken(login)
    await expect(again).rejects.toMatchObject({ code: 'InvalidToken', status: 401 })
  })

  test('is kept as any other, and the same again does not end it', async () => {
    const storage = sameStorage()
    const login = await begin('ivan')
    const client = newClient(env.url, { pushUrl: env.wsUrl, storage })
    await client.loginWithToken(login)
    await client.loginWithToken(login)
    await client.until('live')
    await client.close()
    const back = newClient(env.url, { pushUrl: env.wsUrl, storage })
    expect((await back.resume())?.id).toBe(login.userId)
    await back.until('live')
    expect(back.errors).toEqual([])
  })

  test('what is not that user’s login is refused, and whoever is logged in stays', async () => {
    const judy = await begin('judy')
    const { userId, token } = await begin('kim')
    const [client, administrator] = [newClient(env.url), await administratorOf(env.url)]
    await client.loginWithToken(judy)
    for (const [login, code] of [
      [{ userId, token: 'nonsense' }, 'InvalidToken'],
      [{ userId, token: 'no\ntoken' }, 'InvalidToken'],
      [{ userId, token: '' }, 'InvalidToken'],
      [{ userId: judy.userId, token }, 'NotAllowed'],
      [{ userId: '999999', token }, 'NotAllowed'],
      [{ userId, token: administrator.token }, 'NotAllowed'],
    ] as const) {
      await expect(client.loginWithToken(login)).rejects.toMatchObject({ name: 'NudgeError', code })
    }
    expect(client.me?.name).toBe('judy')
    await client.users.fetch(userId)
  })
})

describe('resume', () => {
  test('gives nobody on a new device', async () => {
    expect(await newClient(env.url).resume()).toBeUndefined()
  })

  test('shows what the device has, also without a server, and goes on from there', async () => {
    const storage = sameStorage()
    const bob = await person(env, 'bob', { storage })
    const carol = await person(env, 'carol')
    const session = await carol.sessions.p2p(idOf(bob))
    await session.sendText('one').whenStored()
    await bob.conversations.until(([first]) => first?.lastMessage?.preview === 'one')
    await bob.contacts.add(idOf(carol))
    await bob.close()

    const away = newClient('http://127.0.0.1:9', { storage })
    expect((await away.resume())?.name).toBe('bob')
    expect(away.conversations.items.map(({ name }) => name)).toEqual(['carol'])
    expect(away.contacts.items.map(({ name }) => name)).toEqual(['carol'])
    const there = away.sessions.get(session.id)
    await there?.messages.open()
    expect(textsOf(there?.messages ?? [])).toEqual(['one'])
    await away.close()

    await session.sendText('two').whenStored()
    const back = newClient(env.url, { pushUrl: env.wsUrl, storage })
    await back.resume()
    await back.next('message', ({ preview }) => preview === 'two')
    expect(back.heard).toEqual(['two'])
  })
})

describe('logging out', () => {
  test('ends the login on the server, and leaves nothing on the device', async () => {
    const adapter = memoryStorage()
    const opened = adapter.open('kept')
    const storage = { ...adapter, open: () => opened }
    const dave = await person(env, 'dave', { storage })
    await (await dave.sessions.own()).sendText('mine').whenStored()
    const { token } = (await (await opened).get('login')) as { token: string }
    const ended = dave.next('loggedOut')
    await dave.logout()
    expect(await ended).toEqual({ reason: 'logout' })
    const answer = await fetch(`${env.url}/v1/sessions`, { headers: { Authorization: `Bearer ${token}` } })
    expect(answer.status).toBe(401)
    expect(await (await opened).list({ prefix: '' })).toEqual([])
    expect([dave.state, dave.me, dave.conversations.size]).toEqual(['idle', undefined, 0])
  })

  test('a login that ended elsewhere is told as rejected, and the device keeps what it has for the next one', async () => {
    const storage = sameStorage()
    const erin = await person(env, 'erin', { storage })
    await (await erin.sessions.own()).sendText('mine').whenStored()
    const other = await device(env, 'erin')
    const ended = erin.next('loggedOut')
    await other.changePassword(credentialsOf('erin').password, 'new')
    expect(await ended).toEqual({ reason: 'rejected' })
    expect(erin.state).toBe('idle')
    expect(await erin.resume()).toBeUndefined()
    expect((await (await storage.open('')).list({ prefix: 'user/' })).length).toBeGreaterThan(0)
    await erin.login({ account: 'erin@example.com', password: 'new' })
    await erin.until('live')
    expect(erin.errors).toEqual([])
  })

  test('whoever logs in takes the place of who was logged in', async () => {
    const client = await person(env, 'frank')
    await newClient(env.url).register({ ...credentialsOf('grace'), name: 'grace' })
    await client.login(credentialsOf('grace'))
    await client.until('live')
    expect(client.me?.name).toBe('grace')
  })
})
