import { expect, test } from '@jest/globals'
import { invitationIn } from './invitation.js'

test('a link of an invitation says whom and with what key', () => {
  const url = new URL('https://chat.example.com/acceptInvite?email=dave%2Bwork%40example.com&key=k-1_x')
  expect(invitationIn(url)).toEqual({ email: 'dave+work@example.com', key: 'k-1_x' })
})

test.each(['/?email=a&key=b', '/acceptInvite', '/acceptInvite?email=a', '/acceptInvite?key=b&email=%20'])(
  '%s is none',
  (path) => {
    expect(invitationIn(new URL(path, 'https://chat.example.com'))).toBeUndefined()
  },
)
