import { expect, test } from '@jest/globals'
import { readPageAddress } from './page-address.js'

test.each([
  ['', {}],
  ['?groupId=7&userId=12', { groupId: '7', userId: '12' }],
  [
    '?groupId=7&appKey=shop&theme=dark&lang=zh',
    { groupId: '7', appKey: 'shop', theme: 'dark', language: 'zh' },
  ],
  ['?groupId=&userId=%20&appKey=&theme=pink&lang=fr', {}],
])('%j', (search, address) => {
  expect(readPageAddress(search)).toEqual(address)
})
