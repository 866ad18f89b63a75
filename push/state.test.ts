import { expect, test } from '@jest/globals'
import type { NotificationFrame } from '../shared/wire/frames.js'
import { stateOf } from './state.js'

type Message = NotificationFrame['message']

test.each<[string, unknown]>([
  ['conversations', { syncs: [{ type: 0 }] }],
  ['a session', { syncs: [{ type: 0 }, { type: 1, sessionId: 'group_7' }] }],
  ['with a text for mobile push', { syncs: [{ type: 0 }], pns: { msg: 'hi' } }],
])('%s: only says where to look', (_title, message) => {
  expect(stateOf(message as Message)).toEqual({ key: JSON.stringify(message), stamp: undefined })
})

test.each<[string, unknown]>([
  ['a custom message', { hello: 'world' }],
  ['syncs and something else', { syncs: [{ type: 0 }], hello: 'world' }],
  ['a sync with content', { syncs: [{ type: 'singleavcall', content: { roomId: 1 } }] }],
  ['a sync of a type of its own', { syncs: [{ type: 'beep' }] }],
  ['no list', { syncs: 'all' }],
  ['a list of something else', { syncs: [null] }],
])('%s: every one may matter', (_title, message) => {
  expect(stateOf(message as Message)).toBeUndefined()
})

test('different texts for mobile push are different', () => {
  const key = (msg: string) => stateOf({ syncs: [{ type: 0 }], pns: { msg } })?.key
  expect(key('one')).not.toBe(key('two'))
})
