import { afterAll, beforeAll, expect, test } from '@jest/globals'
import { TestEnv } from '../../test/helpers/test-env.js'
import { createClient } from '../src/index.js'

let env: TestEnv
beforeAll(async () => {
  env = await TestEnv.start()
})
afterAll(() => env.close())

test('two people talk', async () => {
  const make = async (name: string) => {
    const client = createClient({ url: env.url, pushUrl: env.wsUrl })
    client.on('error', (e) => console.log(name, 'error', e))
    if (process.env.TRACE) client.on('trace', (t) => process.stdout.write(`${name} ${JSON.stringify(t)}\n`))
    await client.register({ account: `${name}@example.com`, password: 'secret', name })
    await client.login({ account: `${name}@example.com`, password: 'secret' })
    await client.until('live')
    return client
  }
  const alice = await make('alice')
  const bob = await make('bob')
  const heard = bob.next('message', (m) => m.type === 'text')
  const session = await alice.sessions.p2p(bob.me?.id ?? '')
  const sent = session.sendText('hello')
  expect(sent.status).toBe('storing')
  await sent.whenStored()
  expect(sent.status).toBe('stored')
  expect((await heard).preview).toBe('hello')
  const other = await bob.sessions.p2p(alice.me?.id ?? '')
  await other.messages.open()
  expect(other.messages.items.map((m) => m.preview)).toEqual(['现在可以开始聊天了', 'hello'])
  expect(bob.conversations.items[0]).toMatchObject({ name: 'alice', unread: 2 })
  await other.markRead()
  expect(bob.conversations.items[0]?.unread).toBe(0)
  await alice.close()
  await bob.close()
})
