import { expect, test } from '@jest/globals'
import { previewOf } from './preview.js'

test('a preview has words, or a kind that has a name in every language', () => {
  expect(previewOf({ type: 'text', preview: 'two\n lines ' })).toEqual({ kind: 'words', words: 'two lines' })
  expect(previewOf({ type: 'image', preview: '[image]' })).toEqual({ kind: 'image' })
  expect(previewOf({ type: 'file', preview: '[file] a.txt' })).toEqual({ kind: 'file', words: 'a.txt' })
  expect(previewOf({ type: 'vote', preview: 'Vote: lunch?' })).toEqual({
    kind: 'words',
    words: 'Vote: lunch?',
  })
})
