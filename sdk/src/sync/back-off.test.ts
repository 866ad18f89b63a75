import { expect, test } from '@jest/globals'
import { BackOff } from './back-off.js'

const OPTIONS = { firstMs: 1000, maxMs: 30_000 }

test('pauses double up to the longest, and begin anew after a reset', () => {
  const longest = new BackOff(OPTIONS, () => 1)
  expect([1, 2, 3, 4, 5, 6, 7].map(() => longest.next())).toEqual([
    1000, 2000, 4000, 8000, 16_000, 30_000, 30_000,
  ])
  longest.reset()
  expect(longest.next()).toBe(1000)
})

test('nobody spins: a pause is at least a tenth of its limit', () => {
  const shortest = new BackOff(OPTIONS, () => 0)
  expect([shortest.next(), shortest.next()]).toEqual([100, 200])
})

test('what the server asks for comes on top', () => {
  expect(new BackOff(OPTIONS, () => 0.5).next(5000)).toBeCloseTo(5550)
})

test('two thousand clients that lose the same server come back spread over the whole pause', () => {
  const pauses = Array.from({ length: 2000 }, () => new BackOff(OPTIONS).next())
  const perTenth = Array.from({ length: 10 }, (_, tenth) =>
    pauses.filter((ms) => ms >= tenth * 100 && ms < (tenth + 1) * 100),
  )
  // 222 each, from the second tenth on; 300 is five standard deviations away.
  expect(Math.max(...perTenth.map((each) => each.length))).toBeLessThan(300)
})
