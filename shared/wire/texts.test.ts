import { describe, expect, test } from '@jest/globals'
import fc from 'fast-check'
import { safeSystemContent, systemContent, systemText } from './texts.js'

/** What old clients put into their pages as it is: the text of a system message. (yun2win.md §4 W20) */
function shown(content: string): unknown {
  try {
    return JSON.parse(content)?.text
  } catch {
    return content
  }
}

describe('safeSystemContent', () => {
  test.each([
    ['plain words', '{"text":"alice renamed the group"}'],
    ['spaces and other fields', '{ "text" : "hi", "by": "<1>" }'],
    ['escapes', '{"text":"\\u00e9\\n"}'],
    ['no text', '{"by":"1"}'],
    ['no JSON', 'hello "world"'],
    ['nothing', ''],
  ])('leaves %s to the byte', (_title, content) => {
    expect(safeSystemContent(content)).toBe(content)
  })

  const deep = `${'['.repeat(30_000)}${']'.repeat(30_000)}`
  test.each([
    ['in JSON', '{"text":"<img src=x onerror=alert(1)>","by":"1"}'],
    ['escaped', '{"text":"\\u003cimg src=x onerror=alert(1)\\u003e"}'],
    ['escaped, beside what cannot be written again', `{"text":"\\u003cimg\\u003e","deep":${deep}}`],
    ['in a list', '{"text":["\\u003cimg\\u003e"]}'],
    ['in an object', '{"text":{"text":"\\u003cimg\\u003e"}}'],
    ['in the second text', '{"text":"a","text":"\\u003cimg\\u003e"}'],
    ['in no JSON', '<img src=x>'],
    ['in broken JSON', '{"text":"<img>"'],
  ])('takes markup out: %s', (_title, content) => {
    const text = shown(safeSystemContent(content))
    expect(typeof text).toBe('string')
    expect(text).not.toMatch(/[<>]/)
  })

  test('keeps the other fields', () => {
    expect(JSON.parse(safeSystemContent('{"text":"<b>","by":"1","n":2}'))).toEqual({
      text: 'b',
      by: '1',
      n: 2,
    })
  })

  test('takes it out of anything', () => {
    const text = fc.oneof(fc.string(), fc.constantFrom('<', '<b>', '">'))
    const contents = fc.oneof(
      text,
      fc.record({ text: fc.oneof(text, fc.jsonValue()), more: text }).map((value) => JSON.stringify(value)),
    )
    fc.assert(
      fc.property(contents, (content) => {
        expect(String(shown(safeSystemContent(content)))).not.toMatch(/[<>]/)
      }),
    )
  })
})

test('the server’s own texts hold no markup of names', () => {
  expect(systemContent(systemText.memberJoined('<b>"bob"'))).toBe('{"text":"bbob加入群聊"}')
  expect(systemContent(systemText.memberLeft('bob'))).toBe('{"text":"bob离开了群"}')
})
