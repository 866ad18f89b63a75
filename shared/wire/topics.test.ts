import { expect, test } from '@jest/globals'
import { parseTopic, sessionRef, sessionTopic, userTopic } from './topics.js'

test.each(['p2p', 'group', 'single', 'y2wIMApp'] as const)('what is built is read: %s', (type) => {
  expect(sessionTopic(type, '12')).toBe(`y2w/session/${type}_12`)
  expect(sessionRef(type, '12')).toBe(`${type}_12`)
  expect(parseTopic(sessionTopic(type, '12'))).toEqual({ kind: 'session', type, id: '12' })
})

test('what is built is read: a user', () => {
  expect(userTopic('7')).toBe('y2w/user/7')
  expect(parseTopic(userTopic('7'))).toEqual({ kind: 'user', id: '7' })
})

test.each([
  '',
  'y2w',
  'y2w/session',
  'y2w/session/',
  'y2w/session/p2p',
  'y2w/session/p2p_',
  'y2w/session/_1',
  'y2w/session/room_1',
  'y2w/session/P2P_1',
  'y2w/session/p2p_1_2',
  'y2w/session/p2p_1/2',
  'y2w/session/p2p_1\n',
  'y2w/session/p2p_a',
  'y2w/session/p2p_-1',
  'y2w/session/p2p_+',
  'y2w/session/#',
  'y2w/session/+',
  // one session has one topic
  'y2w/session/p2p_01',
  'y2w/session/p2p_١',
  'y2w/session/p2p_9223372036854775808',
  '/y2w/session/p2p_1',
  'x/y2w/session/p2p_1',
  'y2w/user/',
  'y2w/user/+',
  'y2w/user/007',
  'y2w/user/1/2',
  '$SYS/1',
])('no topic of ours: %j', (topic) => {
  expect(parseTopic(topic)).toBeUndefined()
})
