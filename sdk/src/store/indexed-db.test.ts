import { expect, test } from '@jest/globals'
import { indexedDbStorage } from './indexed-db.js'

// What it does where there is one: sdk/test/browser/storage.test.ts.

test('says what it is', () => {
  expect(indexedDbStorage()).toMatchObject({ isShared: true, keepsFiles: true, messagesPerSession: 5000 })
})

test('says so where there is none', async () => {
  await expect(indexedDbStorage().open('alice')).rejects.toThrow('There is no IndexedDB here.')
})
