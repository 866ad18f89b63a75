import { expect, test } from '@jest/globals'
import { countJoined } from './joined.js'

test('who was invited by e-mail is not in the group yet', () => {
  expect(countJoined([])).toBe(0)
  expect(countJoined([{ isInvited: false }, { isInvited: true }, { isInvited: false }])).toBe(2)
})
