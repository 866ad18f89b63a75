import { expect, test } from '@jest/globals'
import { lengthOf } from './length.js'

/** What the server takes, less what is around the words: `{"text":""}`. */
const ROOM = 64 * 1024 - 11

test.each<[string, string, ReturnType<typeof lengthOf>]>([
  ['nothing', '', 'short'],
  ['some letters', 'x'.repeat(20_000), 'short'],
  ['many letters', 'x'.repeat(60_000), 'long'],
  ['as many as the server takes', 'x'.repeat(ROOM), 'long'],
  ['one more', 'x'.repeat(ROOM + 1), 'tooLong'],
  ['Chinese ones, of three bytes', '字'.repeat(21_841), 'long'],
  ['one more of those', '字'.repeat(21_842), 'tooLong'],
  ['lines, whose ends take two', '\n'.repeat(32_763), 'tooLong'],
  ['what takes six', '\u0001'.repeat(11_000), 'tooLong'],
])('%s', (_, words, length) => {
  expect(lengthOf(words)).toBe(length)
})
