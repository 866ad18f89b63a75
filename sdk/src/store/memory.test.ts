import { expect, test } from '@jest/globals'
import { describeStorage } from '../../test/helpers/storage-suite.js'
import { memoryStorage } from './memory.js'

describeStorage('memoryStorage', memoryStorage)

test('says what it is', () => {
  expect(memoryStorage()).toMatchObject({ isShared: false, keepsFiles: true, messagesPerSession: 500 })
})

test('keeps files as they are', async () => {
  const storage = await memoryStorage().open('alice')
  const file = new File(['hello'], 'hello.txt', { type: 'text/plain' })
  await storage.write([['file', { file }]])
  expect(await storage.get('file')).toEqual({ file })
  expect(((await storage.get('file')) as { file: File }).file.name).toBe('hello.txt')
})

test('a batch with something that cannot be kept changes nothing', async () => {
  const storage = await memoryStorage().open('alice')
  await storage.write([['a', 1]])
  const writing = storage.write([
    ['a', 2],
    ['b', { run: () => {} }],
  ])
  await expect(writing).rejects.toThrow('A function cannot be kept.')
  expect(await storage.list({ prefix: '' })).toEqual([['a', 1]])
})

test('adapters share nothing', async () => {
  await (await memoryStorage().open('alice')).write([['a', 1]])
  expect(await (await memoryStorage().open('alice')).get('a')).toBeUndefined()
})
