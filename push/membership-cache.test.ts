import { beforeEach, expect, test } from '@jest/globals'
import { createLog } from '../shared/server/log.js'
import { FakeMemberships } from '../test/helpers/push-env.js'
import { MembershipCache } from './membership-cache.js'

const config = {
  maxMembers: 1000,
  maxAgeMs: 60_000,
  maxLookups: 8,
  absentForMs: 1000,
  refreshIntervalMs: 100,
}

let source: FakeMemberships
let noon: number
let cache: MembershipCache
beforeEach(() => {
  source = new FakeMemberships()
  source.set({ sessionId: '1', mts: 10 }, 'a')
  noon = 1_000_000
  cache = new MembershipCache(source, config, createLog('test', 'silent'), () => noon)
})

/** Makes questions wait until the returned function is called. */
function close(): () => void {
  let open = () => {}
  source.gate = new Promise((resolve) => {
    open = resolve
  })
  return open
}

test('asks once, however many want to know', async () => {
  const answers = await Promise.all([cache.find('1'), cache.find('1'), cache.findSince('1', 10)])
  expect(answers.map((membership) => membership?.mts)).toEqual([10, 10, 10])
  await cache.find('1')
  await cache.findSince('1', 9)
  expect(source.asked).toEqual(['1'])
})

test('asks again for a newer mts, once, and keeps the answer', async () => {
  await cache.find('1')
  source.set({ sessionId: '1', mts: 20 }, 'a', 'b')
  const answers = await Promise.all([cache.findSince('1', 20), cache.findSince('1', 20)])
  expect(answers.map((membership) => membership?.mts)).toEqual([20, 20])
  expect((await cache.find('1'))?.mts).toBe(20)
  expect(source.asked).toEqual(['1', '1'])
})

test('does not take the answer to a question asked before the change', async () => {
  const open = close()
  const early = cache.find('1')
  const late = cache.findSince('1', 20)
  open()
  await early
  source.set({ sessionId: '1', mts: 20 }, 'a', 'b')
  expect((await late)?.mts).toBe(20)
  expect(source.asked).toEqual(['1', '1'])
})

test('remembers for a second only that a session does not exist', async () => {
  expect(await cache.find('2')).toBeUndefined()
  source.set({ sessionId: '2', mts: 10 }, 'a')
  expect(await cache.find('2')).toBeUndefined()
  expect(await cache.findSince('2', 10)).toBeUndefined()
  expect(source.asked).toEqual(['2'])
  noon += 1001
  expect(await cache.find('2')).toBeDefined()
})

test.each([
  { title: 'with an mts', find: () => cache.findSince('2', 10, 'api') },
  { title: 'without one', find: () => cache.find('2', 'api') },
])('the API is believed at once, $title, that a session exists now', async ({ find }) => {
  expect(await cache.findSince('2', 10)).toBeUndefined()
  source.set({ sessionId: '2', mts: 10 }, 'a')
  expect(await find()).toBeDefined()
  expect(await cache.find('2')).toBeDefined()
})

test('asks a few things at a time, first what the API announces', async () => {
  const open = close()
  const ids = Array.from({ length: 20 }, (_, i) => `${100 + i}`)
  const answers = ids.map((id) => cache.find(id))
  answers.push(cache.findSince('1', 10, 'api'), cache.find('115', 'api'))
  expect(source.asked).toEqual(ids.slice(0, 8))
  open()
  await Promise.all(answers)
  expect(source.asked.slice(8, 10).sort()).toEqual(['1', '115'])
  expect([...source.asked].sort()).toEqual(['1', ...ids])
})

test('failures make room for the next, too', async () => {
  source.failure = new Error('the API is away')
  const answers = Array.from({ length: 20 }, (_, i) => cache.find(`${i}`).catch(() => 'failed'))
  expect(await Promise.all(answers)).toEqual(answers.map(() => 'failed'))
  source.failure = undefined
  expect((await cache.find('1'))?.mts).toBe(10)
})

test('clients have a session refreshed once in an interval, and wait for their turn', async () => {
  await cache.find('1')
  expect((await cache.findSince('1', 20))?.mts).toBe(10)
  const waiting = [cache.findSince('1', 20), cache.findSince('1', 30), cache.findSince('1', 20)]
  source.set({ sessionId: '1', mts: 20 }, 'a', 'b')
  expect(source.asked).toEqual(['1', '1'])
  expect((await Promise.all(waiting)).map((membership) => membership?.mts)).toEqual([20, 20, 20])
  expect(source.asked).toEqual(['1', '1', '1'])
})

test('the API need not wait, and what it has refreshed serves those who do', async () => {
  await cache.find('1')
  await cache.findSince('1', 20)
  const waiting = cache.findSince('1', 20)
  source.set({ sessionId: '1', mts: 20 }, 'a', 'b')
  expect((await cache.findSince('1', 20, 'api'))?.mts).toBe(20)
  expect((await waiting)?.mts).toBe(20)
  expect(source.asked).toEqual(['1', '1', '1'])
})

test('peek tells what is cached, as long as it counts', async () => {
  expect(cache.peek('1')).toBeUndefined()
  await cache.find('1')
  expect(cache.peek('1')?.mts).toBe(10)
  noon += 60_001
  expect(cache.peek('1')).toBeUndefined()
  expect(source.asked).toEqual(['1'])
})

test('never remembers a failure', async () => {
  source.failure = new Error('the API is away')
  await expect(cache.find('1')).rejects.toThrow('away')
  await expect(cache.findSince('1', 5)).rejects.toThrow('away')
  source.failure = undefined
  expect((await cache.find('1'))?.mts).toBe(10)
})

test('a failing refresh leaves what is known', async () => {
  await cache.find('1')
  source.failure = new Error('the API is away')
  await expect(cache.findSince('1', 20)).rejects.toThrow('away')
  expect((await cache.find('1'))?.mts).toBe(10)
})

test('is bounded by members and by age', async () => {
  for (const id of ['10', '11', '12']) {
    source.set({ sessionId: id }, ...Array.from({ length: 400 }, (_, i) => `${i}`))
    await cache.find(id)
  }
  await cache.find('12')
  await cache.find('10')
  expect(source.asked).toEqual(['10', '11', '12', '10'])
  noon += 60_001
  await cache.find('12')
  expect(source.asked).toEqual(['10', '11', '12', '10', '12'])
})
