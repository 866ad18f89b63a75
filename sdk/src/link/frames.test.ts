import { describe, expect, test } from '@jest/globals'
import fc from 'fast-check'
import { readFrame } from './frames.js'

describe('readFrame', () => {
  test.each<[string, unknown, unknown]>([
    ['accepted', { returnCode: 11 }, { kind: 'code', returnCode: 11 }],
    ['an ack', { y2wMessageId: 'a', returnCode: 20 }, { kind: 'ack', id: 'a', returnCode: 20 }],
    [
      'an ack with an mts',
      { y2wMessageId: 'a', returnCode: 27, mts: 5 },
      { kind: 'ack', id: 'a', returnCode: 27, mts: 5 },
    ],
    [
      'a notification of the API',
      {
        cmd: 'sendMessage',
        message: { syncs: [{ type: 1, sessionId: 'p2p_7' }] },
        stamp: 9,
        mts: 8,
        more: 1,
      },
      {
        kind: 'notification',
        frame: {
          cmd: 'sendMessage',
          message: { syncs: [{ type: 1, sessionId: 'p2p_7' }] },
          stamp: 9,
          mts: 8,
        },
      },
    ],
    [
      'a message of a member, with syncs that are none',
      {
        cmd: 'sendMessage',
        message: { syncs: [null, 5, {}, { type: {} }, { type: 1, sessionId: 7 }, { type: 'x' }], a: 1 },
      },
      { kind: 'notification', frame: { cmd: 'sendMessage', message: { syncs: [{ type: 'x' }], a: 1 } } },
    ],
    [
      'syncs that are no list',
      { cmd: 'sendMessage', message: { syncs: 5 } },
      { kind: 'notification', frame: { cmd: 'sendMessage', message: {} } },
    ],
    ['a message that is none', { cmd: 'sendMessage', message: [] }, undefined],
    ['a command of tomorrow', { cmd: 'dance' }, undefined],
    ['null', null, undefined],
  ])('%s', (_title, frame, expected) => {
    expect(readFrame(JSON.stringify(frame))).toEqual(expected)
  })

  test('never throws, and what it gives has the shape it says', () => {
    const message = fc.oneof(fc.jsonValue(), fc.record({ syncs: fc.jsonValue() }))
    const frames = fc.oneof(
      fc.string(),
      fc.jsonValue().map((value) => JSON.stringify(value)),
      fc
        .record({ cmd: fc.constant('sendMessage'), message, stamp: fc.jsonValue() })
        .map((value) => JSON.stringify(value)),
    )
    fc.assert(
      fc.property(frames, (payload) => {
        const frame = readFrame(payload)
        if (frame?.kind !== 'notification') return
        for (const { type } of frame.frame.message.syncs ?? [])
          expect(['string', 'number']).toContain(typeof type)
        expect(['number', 'undefined']).toContain(typeof frame.frame.stamp)
      }),
    )
  })
})
