import { createHash } from 'node:crypto'
import { describe, expect, test } from '@jest/globals'
import { datedSecret, isDatedSecret, isSameText } from './dated-secret.js'

const DAY_MS = 24 * 3600 * 1000
const noon = new Date(2016, 0, 28, 12)

describe('a dated secret', () => {
  test('is md5(secret + date)==date, the date in local time without zero padding', () => {
    const digest = createHash('md5').update('s3cret2016-1-28').digest('hex')
    expect(datedSecret('s3cret', noon)).toBe(`${digest}==2016-1-28`)
    expect(datedSecret('s3cret', new Date(2016, 0, 28, 0, 0, 0, 0))).toBe(datedSecret('s3cret', noon))
    expect(datedSecret('s3cret', new Date(2016, 0, 28, 23, 59, 59, 999))).toBe(datedSecret('s3cret', noon))
    expect(datedSecret('s3cret', new Date(2016, 10, 5))).toMatch(/==2016-11-5$/)
  })

  test.each([
    [-2, false],
    [-1, true],
    [0, true],
    [1, true],
    [2, false],
    [365, false],
  ])('%i days later: %s', (days, isAccepted) => {
    const secret = datedSecret('s3cret', noon)
    expect(isDatedSecret(secret, 's3cret', noon.getTime() + days * DAY_MS)).toBe(isAccepted)
  })

  test.each([
    ['another secret', datedSecret('other', noon)],
    ['the raw secret', 's3cret'],
    ['nothing', ''],
    ['the date alone', '==2016-1-28'],
    ['another date on the same digest', datedSecret('s3cret', noon).replace('-28', '-29')],
    ['padding', datedSecret('s3cret', noon).replace('-1-', '-01-')],
    ['capitals', datedSecret('s3cret', noon).toUpperCase()],
    ['a space', `${datedSecret('s3cret', noon)} `],
  ])('is not %s', (_title, candidate) => {
    expect(isDatedSecret(candidate, 's3cret', noon.getTime())).toBe(false)
  })
})

test.each([
  ['a', 'a', true],
  ['', '', true],
  ['a', 'b', false],
  ['a', 'aa', false],
  ['é', 'e', false],
  ['汉', '汉', true],
])('isSameText(%j, %j)', (a, b, isSame) => {
  expect(isSameText(a, b)).toBe(isSame)
})
