import { describe, expect, test } from '@jest/globals'
import { AppError } from '../../shared/server/app-error.js'
import { DEFAULT_LIMITS, EnvTrustProxy } from './config.js'
import { createMemoryLimiter } from './limiter.js'
import { addressKey, createLimits } from './limits.js'

test('counts by key, and says when to come back', async () => {
  const limiter = createMemoryLimiter({ times: 2, perS: 60 })
  expect([await limiter.take('a'), await limiter.take('a'), await limiter.take('b')]).toEqual([0, 0, 0])
  const wait = await limiter.take('a')
  expect(wait).toBeGreaterThan(58)
  expect(wait).toBeLessThanOrEqual(60)
  await limiter.giveBack('b')
  expect([await limiter.take('b'), await limiter.take('b')]).toEqual([0, 0])
})

test('remembers no more keys than it may, and forgets the quiet ones first', async () => {
  const limiter = createMemoryLimiter({ times: 1, perS: 60 }, 100)
  await limiter.take('busy')
  await limiter.take('quiet')
  for (let n = 0; n < 99; n++) {
    await limiter.take(`key ${n}`)
    expect(await limiter.take('busy')).toBeGreaterThan(0)
  }
  expect(await limiter.take('quiet')).toBe(0)
})

test('of many guesses at a time no more get through than one by one', async () => {
  const limits = createLimits({ ...DEFAULT_LIMITS, wrongPassword: { times: 5, perS: 60 } })
  let tried = 0
  const guess = () =>
    limits.guardLogin('alice', '192.0.2.1', async () => {
      tried += 1
      await new Promise((resolve) => setImmediate(resolve))
      throw new AppError('WrongCredentials', 'no')
    })
  const outcomes = await Promise.allSettled(Array.from({ length: 50 }, guess))
  expect(tried).toBe(5)
  const codes = outcomes.map((outcome) => outcome.status === 'rejected' && outcome.reason.code)
  expect(codes.filter((code) => code === 'TooManyRequests')).toHaveLength(45)
})

test('only wrong passwords are guesses', async () => {
  const limits = createLimits({ ...DEFAULT_LIMITS, wrongPassword: { times: 2, perS: 60 } })
  for (let n = 0; n < 5; n++) {
    await limits.guardLogin('alice', '192.0.2.1', async () => 'in')
    const broken = limits.guardLogin('bob', '192.0.2.1', async () => {
      throw new Error('no database')
    })
    await expect(broken).rejects.toThrow('no database')
  }
})

test.each([
  ['192.0.2.1', '192.0.2.1'],
  ['::ffff:192.0.2.1', '192.0.2.1'],
  ['2001:db8:1:2:3:4:5:6', '2001:db8:1:2::/64'],
  ['2001:0db8:0001:2::9', '2001:db8:1:2::/64'],
  ['2001:db8::1', '2001:db8:0:0::/64'],
  ['::1', '0:0:0:0::/64'],
  ['fe80::1%eth0', 'fe80:0:0:0::/64'],
  [undefined, 'unknown'],
])('the address %s counts as %s', (ip, key) => {
  expect(addressKey(ip)).toBe(key)
})

describe('TRUST_PROXY', () => {
  test.each([
    ['off', false],
    ['1', 1],
    ['loopback', ['loopback']],
    ['loopback, 10.0.0.0/8,fd00::/8,192.0.2.7', ['loopback', '10.0.0.0/8', 'fd00::/8', '192.0.2.7']],
  ])('%s', (text, value) => {
    expect(EnvTrustProxy.parse(text)).toEqual(value)
  })

  test.each(['on', 'true', '0', '99', '-1', '10.0.0.0/33', '10.0.0/8', 'loopback/8', 'localhost', ','])(
    'not %s',
    (text) => {
      expect(EnvTrustProxy.safeParse(text).success).toBe(false)
    },
  )
})
