import { expect, test } from '@jest/globals'
import { excerptOf } from './excerpt.js'

test('what is not very long is shown whole', () => {
  for (const text of ['', 'hello', 'x'.repeat(3000), '\n'.repeat(59)]) expect(excerptOf(text)).toBeUndefined()
})

test('long texts are cut, between two characters', () => {
  expect(excerptOf('x'.repeat(3001))).toBe('x'.repeat(3000))
  expect(excerptOf(`${'x'.repeat(2999)}😀😀`)).toBe('x'.repeat(2999))
})

test('texts of many lines are cut at the end of one', () => {
  expect(excerptOf('a\n'.repeat(100))).toBe('a\n'.repeat(60).trimEnd())
})
