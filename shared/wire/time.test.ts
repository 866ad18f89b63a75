import { describe, expect, test } from '@jest/globals'
import fc from 'fast-check'
import { BEGINNING, parseCursor, toIso } from './time.js'

describe('parseCursor', () => {
  test.each<[string, number]>([
    ['0', 0],
    ['1479611045678', 1479611045678],
    ['1479611045678.9', 1479611045678],
    ['-1', -1],
    ['-0.5', -1],
    // what old clients send for single sessions
    ['-2206310400000', -2206310400000],
    // and for lists and history at first
    ['946684800000', Date.UTC(2000, 0, 1)],
    ['32503680000000', Date.UTC(3000, 0, 1)],
    ['2016-11-20T03:04:05.678Z', Date.UTC(2016, 10, 20, 3, 4, 5, 678)],
    ['2016-11-20T11:04:05.678+08:00', Date.UTC(2016, 10, 20, 3, 4, 5, 678)],
    ['2016-11-20', Date.UTC(2016, 10, 20)],
    ['2016/1/1', new Date(2016, 0, 1).getTime()],
    ['9'.repeat(40), 8.64e15],
    [`-${'9'.repeat(40)}`, -8.64e15],
  ])('%s', (text, stamp) => {
    expect(parseCursor(text)).toBe(stamp)
  })

  test.each(['', ' ', 'abc', '1e5', '0x10', '+5', '-', '1,5', 'NaN', 'Infinity', '2016-99-99', '/'])(
    'not %j',
    (text) => {
      expect(parseCursor(text)).toBeUndefined()
    },
  )

  test('reads what toIso and the number write', () => {
    fc.assert(
      fc.property(fc.integer({ min: BEGINNING, max: Date.UTC(9999, 11, 31) }), (stamp) => {
        expect(parseCursor(toIso(stamp))).toBe(stamp)
        expect(parseCursor(String(stamp))).toBe(stamp)
      }),
    )
  })

  test('gives an integer that is a date, or nothing', () => {
    fc.assert(
      fc.property(
        fc.oneof(fc.string(), fc.double().map(String), fc.stringMatching(/^[-0-9/.: TZ]*$/)),
        (text) => {
          const stamp = parseCursor(text)
          if (stamp === undefined) return
          expect(Number.isSafeInteger(stamp)).toBe(true)
          expect(Number.isNaN(new Date(stamp).getTime())).toBe(false)
        },
      ),
    )
  })
})

test('toIso has exactly three decimals', () => {
  expect(toIso(0)).toBe('1970-01-01T00:00:00.000Z')
  expect(toIso(1479611045678)).toBe('2016-11-20T03:04:05.678Z')
})
