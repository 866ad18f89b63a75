import { describe, expect, test } from '@jest/globals'
import { matches } from './matches.js'

describe('matches', () => {
  test.each([
    ['nothing typed', '  ', ['Alice'], [], true],
    ['a part, whatever its case', 'LIC', ['Alice'], [], true],
    ['accents left out', 'zoe', ['Zoë Müller'], [], true],
    ['the second text', 'bob', ['Robert', 'bob@example.com'], [], true],
    ['Chinese', '三', ['张三'], ['zhangsan', 'zs'], true],
    ['pinyin as it begins', 'zhang s', ['张三'], ['zhangsan', 'zs'], true],
    ['its initials', 'ZS', ['张三'], ['zhangsan', 'zs'], true],
    ['not the middle of a spelling', 'san', ['张三'], ['zhangsan', 'zs'], false],
    ['something else', 'carol', ['Alice'], ['alice', 'a'], false],
  ])('%s', (_, query, texts, spellings, expected) => {
    expect(matches(query, texts, spellings)).toBe(expected)
  })
})
