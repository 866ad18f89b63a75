import { scryptSync } from 'node:crypto'
import { expect, test } from '@jest/globals'
import { hashPassword, isPassword } from './passwords.js'

test('a password fits its own hash and no other', async () => {
  const hash = await hashPassword('correct horse', 15)
  expect(await isPassword('correct horse', hash)).toBe(true)
  for (const other of ['', 'correct hors', 'correct horse ', 'Correct horse']) {
    expect(await isPassword(other, hash)).toBe(false)
  }
})

test('a hash says how it was made, has a salt of its own and does not hold the password', async () => {
  const [one, two] = await Promise.all([hashPassword('correct horse', 15), hashPassword('correct horse', 15)])
  expect(one).toMatch(/^scrypt\$32768\$8\$1\$[\w-]{22}\$[\w-]{43}$/)
  expect(one.split('$')[4]).not.toBe(two.split('$')[4])
  expect(one.split('$')[5]).not.toBe(two.split('$')[5])
})

test('a hash of other costs is checked with them', async () => {
  const salt = Buffer.from('some salt').toString('base64url')
  const key = scryptSync('p', Buffer.from('some salt'), 32, { N: 2, r: 1, p: 1 }).toString('base64url')
  expect(await isPassword('p', `scrypt$2$1$1$${salt}$${key}`)).toBe(true)
  expect(await isPassword('q', `scrypt$2$1$1$${salt}$${key}`)).toBe(false)
})

test.each(['', 'plain', 'scrypt', 'scrypt$32768$8$1$$', 'md5$1$1$1$aa$bb'])(
  'nothing fits %j',
  async (hash) => {
    expect(await isPassword('', hash)).toBe(false)
    expect(await isPassword(hash, hash)).toBe(false)
  },
)
