import { describe, expect, test } from '@jest/globals'
import { countLarge, tokenize } from './tokens.js'

const isEmoji = (name: string) => name === '赞' || name === 'nudge'
const tokensOf = (text: string) => tokenize(text, isEmoji)
const linksOf = (text: string) =>
  tokensOf(text).flatMap((token) => (token.kind === 'link' ? [[token.text, token.href]] : []))

describe('links', () => {
  const cases: { text: string; link: string; href?: string }[] = [
    { text: 'see http://example.com', link: 'http://example.com', href: 'http://example.com/' },
    { text: 'see https://example.com/a?b=c#d.', link: 'https://example.com/a?b=c#d' },
    { text: 'HTTPS://Example.com/A!', link: 'HTTPS://Example.com/A', href: 'https://example.com/A' },
    { text: 'www.example.com, you know', link: 'www.example.com', href: 'https://www.example.com/' },
    { text: '(https://example.com/a)', link: 'https://example.com/a' },
    { text: '(see https://example.com/a_(b)).', link: 'https://example.com/a_(b)' },
    { text: '[https://example.com/a]', link: 'https://example.com/a' },
    { text: '<https://example.com/a>', link: 'https://example.com/a' },
    { text: '"https://example.com/a"', link: 'https://example.com/a' },
    { text: '**https://example.com/a**', link: 'https://example.com/a' },
    { text: '请看https://example.com/a。谢谢', link: 'https://example.com/a' },
    { text: '（https://example.com/a）', link: 'https://example.com/a' },
    { text: '“https://example.com/a”，好', link: 'https://example.com/a' },
    { text: '看www.example.com吧', link: 'www.example.com', href: 'https://www.example.com/' },
    {
      text: 'https://zh.wikipedia.org/wiki/中文',
      link: 'https://zh.wikipedia.org/wiki/中文',
      href: 'https://zh.wikipedia.org/wiki/%E4%B8%AD%E6%96%87',
    },
    {
      text: 'http://localhost:8080/#/chats/1',
      link: 'http://localhost:8080/#/chats/1',
    },
    { text: 'line\nhttps://example.com/a\nline', link: 'https://example.com/a' },
    { text: 'write to bob@example.com.', link: 'bob@example.com', href: 'mailto:bob@example.com' },
    {
      text: '<bob.b+c@mail.example.co.uk>',
      link: 'bob.b+c@mail.example.co.uk',
      href: 'mailto:bob.b+c@mail.example.co.uk',
    },
  ]
  test.each(cases)('$text', ({ text, link, href = link }) => {
    expect(linksOf(text)).toEqual([[link, href]])
  })

  test.each([
    'http://',
    'https:// example.com',
    'www.',
    'www.example',
    'javascript:alert(1)',
    'data:text/html,hello',
    'xhttp://example.com',
    'a@b',
    '@alice',
    'example.com',
    `https://example.com/${'a'.repeat(3000)}`,
  ])('none in %s', (text) => {
    expect(linksOf(text)).toEqual([])
  })

  test('several in one text', () => {
    expect(linksOf('https://a.example https://b.example, c@d.example').map(([text]) => text)).toEqual([
      'https://a.example',
      'https://b.example',
      'c@d.example',
    ])
  })
})

test('codes become the app’s emojis, or else the glyphs of old', () => {
  expect(tokensOf('ok [赞][smile] [微笑] [what] []')).toEqual([
    { kind: 'text', at: 0, text: 'ok ' },
    { kind: 'emoji', at: 3, text: '[赞]', name: '赞' },
    { kind: 'glyph', at: 6, text: '[smile]', glyph: '🙂' },
    { kind: 'text', at: 13, text: ' ' },
    { kind: 'glyph', at: 14, text: '[微笑]', glyph: '🙂' },
    { kind: 'text', at: 18, text: ' [what] []' },
  ])
})

test('nothing is lost of any text', () => {
  for (const text of ['', ' ', '[[smile]]', 'a [b', ' http://x.y [smile] c@d.ef ', '\n\n', '👩‍👩‍👧']) {
    expect(
      tokensOf(text)
        .map((token) => token.text)
        .join(''),
    ).toBe(text)
  }
})

describe('few emojis and nothing else are large', () => {
  test.each<[string, number]>([
    ['👍', 1],
    ['👍🏽 ❤️', 2],
    ['👩‍👩‍👧 🇨🇳 1️⃣', 3],
    ['🏴󠁧󠁢󠁥󠁮󠁧󠁿', 1],
    [' [smile]\n[赞] ', 2],
    ['👍👍👍👍', 0],
    ['[smile][smile][smile][smile]', 0],
    ['👍 ok', 0],
    ['1', 0],
    ['©', 0],
    ['', 0],
    ['https://example.com', 0],
  ])('%s: %i', (text, count) => {
    expect(countLarge(tokensOf(text))).toBe(count)
  })
})

test.each([
  'a'.repeat(250_000),
  'http://['.repeat(30_000),
  `http://x.y/${')'.repeat(250_000)}`,
  'a@'.repeat(120_000),
  'a@a.'.repeat(60_000),
  '['.repeat(250_000),
  'www.'.repeat(60_000),
])('takes no longer for a text made to be slow (%#)', (text) => {
  const from = performance.now()
  countLarge(tokensOf(text))
  expect(performance.now() - from).toBeLessThan(2000)
})
