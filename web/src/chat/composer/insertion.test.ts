import { expect, test } from '@jest/globals'
import { insertAt } from './insertion.js'

test.each<[string, number, number, string]>([
  ['', 0, 0, '😀'],
  ['ab', 1, 1, 'a😀b'],
  ['ab', 2, 2, 'ab😀'],
  ['abc', 1, 2, 'a😀c'],
  ['abc', 0, 3, '😀'],
  // The words were changed meanwhile.
  ['a', 5, 7, 'a😀'],
])('into "%s" at %i to %i', (text, start, end, expected) => {
  const result = insertAt(text, { start, end }, '😀')
  expect(result.text).toBe(expected)
  expect(result.cursor.start).toBe(result.text.indexOf('😀') + 2)
})
