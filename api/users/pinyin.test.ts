import { expect, test } from '@jest/globals'
import { pinyinOf } from './pinyin.js'

test.each([
  ['张三', ['zhangsan', 'zs']],
  ['曾小贤', ['zengxiaoxian', 'zxx']],
  ['吕布', ['lvbu', 'lb']],
  ['alice', ['alice', 'a']],
  ['Alice Bob', ['alicebob', 'ab']],
  ['王Bob', ['wangbob', 'wb']],
  ['😀', ['😀']],
  ['', []],
  ['  ', []],
])('%s', (name, expected) => {
  expect(pinyinOf(name)).toEqual(expected)
})
