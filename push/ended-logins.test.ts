import { afterEach, expect, test } from '@jest/globals'
import { loginsTopic } from '../shared/server/logins.js'
import { connectPacket, imToken, PushEnv, tokens, until } from '../test/helpers/push-env.js'

let env: PushEnv
afterEach(() => env.close())

const tokenOf = (login: string) => tokens.sign('im', { sub: '1', app: 'a', login })

test('a login that ends is cut off at once, the user’s others and other users are not', async () => {
  env = await PushEnv.start()
  const [stolen, own] = await Promise.all([
    env.device('1', { password: tokenOf('stolen') }),
    env.device('1', { password: tokenOf('own') }),
  ])
  const bob = await env.device('2', { password: imToken('2') })
  env.logins.ended.push('stolen')
  await env.push.announce({ topic: loginsTopic('1'), stamp: 1, syncs: [] })
  await stolen.closed
  expect(await own.notifications()).toEqual([])
  expect(await bob.notifications()).toEqual([])
  expect(env.push.connectionCount).toBe(2)
})

test.each(['tcp', 'ws'])('its imToken is refused from then on over %s', async (transport) => {
  env = await PushEnv.start()
  env.logins.ended.push('over')
  await env.push.announce({ topic: loginsTopic('1'), stamp: 1, syncs: [] })
  const raw = await (transport === 'tcp' ? env.rawTcp() : env.rawWs())
  raw.send(connectPacket('1', { password: Buffer.from(tokenOf('over')) }))
  expect(await raw.next('connack')).toMatchObject({ returnCode: 5 })
  await env.device('1', { password: tokenOf('new') })
})

test('push that starts knows the logins that ended before', async () => {
  env = await PushEnv.start({ endedLogins: ['before'] })
  await expect(env.device('1', { password: tokenOf('before') })).rejects.toMatchObject({ code: 5 })
})

test('until the API has said which logins ended, CONNACK 7 makes clients come again', async () => {
  env = await PushEnv.start({ loginsFailure: new Error('the API is away') })
  for (const raw of [await env.rawTcp(), await env.rawWs()]) {
    raw.send(connectPacket('1'))
    expect(await raw.next('connack')).toMatchObject({ returnCode: 7 })
    await raw.closed
  }
  // The API's own connection is let in, as nobody ends that.
  await env.device('service')
  env.logins.failure = undefined
  await until(() => env.push.isReady)
  await env.device('1')
})

test('an announcement is not taken while the API cannot say which logins ended', async () => {
  env = await PushEnv.start()
  env.logins.failure = new Error('the API is away')
  await expect(env.push.announce({ topic: loginsTopic('1'), stamp: 1, syncs: [] })).rejects.toThrow('away')
  const service = await env.device('service')
  const told = { cmd: 'announce', stamp: 1, syncs: [] }
  expect(await service.ask(loginsTopic('1'), told)).toEqual({ returnCode: 99 })
  env.logins.failure = undefined
  expect(await service.ask(loginsTopic('1'), told)).toEqual({ returnCode: 20 })
})

test('users cannot announce that', async () => {
  env = await PushEnv.start()
  const [alice, bob] = await env.devices('1', '2')
  env.logins.ended.push('login-of-2')
  expect(await alice?.ask(loginsTopic('2'), { cmd: 'announce', stamp: 1, syncs: [] })).toEqual({
    returnCode: 22,
  })
  expect(await bob?.notifications()).toEqual([])
})
