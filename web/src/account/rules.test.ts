import { expect, test } from '@jest/globals'
import { cleanName, isAccount, MIN_PASSWORD_LENGTH, problemOfPassword } from './rules.js'

test.each([
  ['alice@example.com', true],
  [' alice@example.com ', true],
  ['13800138000', true],
  ['张三@例子.中国', true],
  ['', false],
  ['   ', false],
  ['alice bob', false],
  ['alice"@example.com', false],
  ['<alice>', false],
  ['a'.repeat(256), false],
])('%j as an account: %s', (text, is) => {
  expect(isAccount(text)).toBe(is)
})

test('a new password has a length', () => {
  expect(problemOfPassword('x'.repeat(MIN_PASSWORD_LENGTH - 1))).toBe('short')
  expect(problemOfPassword('x'.repeat(MIN_PASSWORD_LENGTH))).toBeUndefined()
  expect(problemOfPassword('x'.repeat(1025))).toBe('long')
})

test('a name loses what markup needs', () => {
  expect(cleanName(' <b>Ann "Bo" Lee ')).toBe('bAnn Bo Lee')
  expect(cleanName(' <> ')).toBe('')
})
