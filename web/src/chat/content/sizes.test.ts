import { expect, test } from '@jest/globals'
import { boxOf, formatDuration, formatSize } from './sizes.js'

test.each<[number, string]>([
  [0, '0 B'],
  [999, '999 B'],
  [1000, '1 kB'],
  [1449, '1.4 kB'],
  [23_400, '23 kB'],
  [999_999, '1 MB'],
  [5_250_000, '5.3 MB'],
  [4e15, '4,000 TB'],
  [-1, '0 B'],
])('%i bytes', (bytes, shown) => {
  expect(formatSize(bytes, 'en')).toBe(shown)
})

test('sizes are written as the language does', () => {
  expect(formatSize(1449, 'de')).toBe('1,4 kB')
})

test.each<[number, string]>([
  [0, '0:00'],
  [7.9, '0:07'],
  [75, '1:15'],
  [3723, '1:02:03'],
  [Number.NaN, '0:00'],
  [Number.POSITIVE_INFINITY, '0:00'],
  [-3, '0:00'],
])('%d seconds', (seconds, shown) => {
  expect(formatDuration(seconds)).toBe(shown)
})

test.each<[unknown, unknown, number, number]>([
  [100, 80, 100, 80],
  [3200, 1600, 320, 160],
  [1600, 3200, 160, 320],
  [10_000, 10, 320, 56],
  [1, 1, 56, 56],
  [0, 0, 240, 180],
  ['100', 80, 240, 180],
  [undefined, null, 240, 180],
  [Number.NaN, 5, 240, 180],
  [-5, 5, 240, 180],
])('a picture of %p x %p', (width, height, boxWidth, boxHeight) => {
  expect(boxOf(width, height)).toEqual({ width: boxWidth, height: boxHeight })
})
