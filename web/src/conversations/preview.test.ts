import { expect, test } from '@jest/globals'
import { previewOf, serverLineOf } from './preview.js'

test('a preview has words, or a kind that has a name in every language', () => {
  expect(previewOf({ type: 'text', preview: 'two\n lines ' })).toEqual({ kind: 'words', words: 'two lines' })
  expect(previewOf({ type: 'image', preview: '[image]' })).toEqual({ kind: 'image' })
  expect(previewOf({ type: 'file', preview: '[file] a.txt' })).toEqual({ kind: 'file', words: 'a.txt' })
  expect(previewOf({ type: 'vote', preview: 'Vote: lunch?' })).toEqual({
    kind: 'words',
    words: 'Vote: lunch?',
  })
})

test('what the server says of members is told from what people write', () => {
  expect(serverLineOf('现在可以开始聊天了')).toEqual({ event: 'begin' })
  expect(serverLineOf('Bob加入群聊')).toEqual({ event: 'joined', name: 'Bob' })
  expect(serverLineOf('王五离开了群')).toEqual({ event: 'left', name: '王五' })
  expect(serverLineOf('Bob renamed the group')).toBeUndefined()
})
