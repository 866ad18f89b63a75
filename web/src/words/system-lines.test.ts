import { describe, expect, test } from '@jest/globals'
import { type Announced, announcedTexts, type Reader, systemLine } from './system-lines.js'

const me = { id: '1', name: 'Alice' }
const en: Reader = { language: 'en', me }
const zh: Reader = { language: 'zh', me }

describe('lines of the server', () => {
  test.each([
    { line: '现在可以开始聊天了', en: 'You can start chatting now', zh: '现在可以开始聊天了' },
    { line: 'Bob加入群聊', en: 'Bob joined the group', zh: 'Bob 加入了群聊' },
    { line: '王五离开了群', en: '王五 left the group', zh: '王五 退出了群聊' },
    // Somebody is called 离开了群.
    { line: '离开了群加入群聊', en: '离开了群 joined the group', zh: '离开了群 加入了群聊' },
    { line: '提醒', en: '提醒', zh: '提醒' },
    { line: '加入群聊', en: '加入群聊', zh: '加入群聊' },
  ])('$line', ({ line, ...said }) => {
    expect(systemLine(line, 'system', en)).toBe(said.en)
    expect(systemLine(line, 'system', zh)).toBe(said.zh)
  })

  test('are its own: users who write the same are quoted', () => {
    expect(systemLine('Bob加入群聊', '2', en)).toBe('Bob加入群聊')
    expect(systemLine('Bob recalled a message', 'system', zh)).toBe('Bob recalled a message')
  })
})

describe('lines of users', () => {
  const kinds = Object.keys(announcedTexts.en) as Announced[]

  test.each(kinds)('%s: from each language into each, whatever is needed of the names', (kind) => {
    for (const [who, name] of [
      ['Bob', 'Carol'],
      ['王五', '周末 徒步'],
      ['Bob recalled a message', '将群名改为'],
      ['made', 'You'],
      ['$1 (.+)', '“quoted”'],
    ] as const) {
      const inEnglish = announcedTexts.en[kind](who, name)
      const inChinese = announcedTexts.zh[kind](who, name)
      for (const line of [inEnglish, inChinese]) {
        expect(systemLine(line, '2', en)).toBe(inEnglish)
        expect(systemLine(line, '2', zh)).toBe(inChinese)
      }
    }
  })

  test.each([
    { line: 'Alice recalled a message', en: 'You recalled a message', zh: '您撤回了一条消息' },
    {
      line: 'Alice 将群名改为“Lunch”',
      en: 'You renamed the group to “Lunch”',
      zh: '您将群名改为“Lunch”',
    },
    // Under a name that I had then.
    { line: 'Al made Bob an admin', en: 'You made Bob an admin', zh: '您将 Bob 设为管理员' },
    // Of mine, but somebody else did it.
    { line: 'Bob recalled a message', en: 'Bob recalled a message', zh: 'Bob撤回了一条消息' },
  ])('of my own say "You": $line', ({ line, ...said }) => {
    expect(systemLine(line, me.id, en)).toBe(said.en)
    expect(systemLine(line, me.id, zh)).toBe(said.zh)
  })

  test('of others never say "You", whatever name is in them', () => {
    expect(systemLine('Alice recalled a message', '2', zh)).toBe('Alice撤回了一条消息')
    expect(systemLine('Alice made Bob an admin', '2', { language: 'en', me: undefined })).toBe(
      'Alice made Bob an admin',
    )
  })

  test.each([
    'Bob recalled a message!',
    'bob Recalled a message',
    ' recalled a message',
    ' made an admin',
    'Bob made an admin',
    'Bob renamed the group to “”',
    'Bob renamed the group to Lunch',
    // Where a name ends cannot be told.
    'Bob made Carol made Dave an admin',
    '王五 将 将 李四 设为管理员',
    // Nor which of the two it is.
    'Bob 将群主转让给 将 Carol 设为管理员',
    'lunch?',
    '',
  ])('stay as they are when no text of ours makes them: %s', (line) => {
    for (const reader of [en, zh]) {
      expect(systemLine(line, '2', reader)).toBe(line)
      expect(systemLine(line, me.id, reader)).toBe(line)
    }
  })
})
