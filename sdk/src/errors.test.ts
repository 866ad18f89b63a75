import { describe, expect, test } from '@jest/globals'
import { errorFromAnswer, type NudgeError } from './errors.js'

describe('errorFromAnswer', () => {
  test.each<[string, number, unknown, Partial<NudgeError>]>([
    [
      'a refusal',
      404,
      { status: 404, code: 'NotFound', message: 'there is no such session' },
      { code: 'NotFound', message: 'there is no such session', isPassing: false },
    ],
    [
      'a 403, whose reason is in its detail',
      403,
      {
        code: 'NotAllowed',
        message: { code: 403, status: 403, error: '没有权限' },
        detail: 'only the master may',
      },
      { code: 'NotAllowed', message: 'only the master may', isPassing: false },
    ],
    [
      'a 403 without',
      403,
      { code: 'NotAllowed', message: { code: 403, status: 403, error: '没有权限' } },
      { message: '没有权限' },
    ],
    [
      'too often',
      429,
      { code: 'TooManyRequests', message: 'slower' },
      { code: 'TooManyRequests', isPassing: true },
    ],
    ['the server’s own trouble', 503, { code: 'Unavailable', message: 'later' }, { isPassing: true }],
    ['a page of a proxy', 404, undefined, { code: 'Unreachable', status: 404, isPassing: true }],
    ['JSON of something else', 401, { error: 'unauthorized' }, { code: 'Unreachable', isPassing: true }],
    ['a text where an object is expected', 502, 'Bad Gateway', { code: 'Unreachable', isPassing: true }],
    ['what a proxy finds too large', 413, undefined, { code: 'TooLarge', isPassing: false }],
  ])('%s', (_title, status, body, expected) => {
    expect(errorFromAnswer(status, body)).toMatchObject({ name: 'NudgeError', status, ...expected })
  })
})
