import { expect, test } from '@jest/globals'
import { entryOf, entryOfStatus } from './entries.js'

const request = { method: 'GET', path: 'sessions/7/messages', status: 200, tookMs: 12 }

test.each([
  {
    trace: {
      kind: 'frame',
      frame: {
        cmd: 'sendMessage',
        message: { syncs: [{ type: 0 }, { type: 1, sessionId: 'p2p_7' }] },
        stamp: 5,
      },
    },
    entry: { kind: 'nudge', direction: 'in', title: 'conversations, messages of p2p_7', outcome: 'stamp 5' },
  },
  {
    trace: { kind: 'frame', frame: { returnCode: 11 } },
    entry: { kind: 'ack', title: 'returnCode 11' },
  },
  {
    trace: { kind: 'frame', frame: { cmd: 'sendMessage', message: { typing: true } } },
    entry: { kind: 'custom', title: '{"typing":true}' },
  },
  {
    trace: { kind: 'frame', frame: { cmd: 'sendMessage', message: { syncs: [{ type: 'poll' }] } } },
    entry: { kind: 'nudge', title: 'poll' },
  },
  {
    trace: { kind: 'request', request: { ...request, cursor: 4, rows: 1 } },
    entry: {
      ...{ kind: 'pull', direction: 'out', rows: 1, isFailure: false },
      title: 'GET /v1/sessions/7/messages · Client-Sync-Time 4',
      outcome: '200 · 1 row · 12 ms',
    },
  },
  {
    trace: { kind: 'request', request: { ...request, method: 'POST', status: 0 } },
    entry: { kind: 'write', outcome: 'no answer · 12 ms', isFailure: true },
  },
  {
    trace: { kind: 'request', request: { ...request, path: '/gateHandler', status: 404 } },
    entry: { kind: 'read', title: 'GET /gateHandler', isFailure: true },
  },
  {
    trace: { kind: 'held', sync: { type: 1, sessionId: 'group_9' }, stamp: 8 },
    entry: { kind: 'held', direction: 'here', title: 'messages of group_9', outcome: 'stamp 8' },
  },
] as const)('$entry.kind: $entry.title', ({ trace, entry }) => {
  // biome-ignore lint/suspicious/noExplicitAny: `as const` makes arrays readonly
  expect(entryOf(trace as any)).toMatchObject(entry)
})

test('a loss of the connection is a failure, its return is none', () => {
  expect(entryOfStatus({ state: 'offline', previous: 'live', retryAt: 9 })).toMatchObject({
    title: 'live → offline',
    isFailure: true,
    detail: { retryAt: 9 },
  })
  expect(entryOfStatus({ state: 'live', previous: 'catchingUp' }).isFailure).toBe(false)
})
