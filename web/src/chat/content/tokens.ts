import { classicGlyph } from './classic-codes.js'

/** A piece of a message's words; `at` is where it begins, `text` how it was typed. */
export type Token = { at: number; text: string } & (
  | { kind: 'text' }
  | { kind: 'link'; href: string }
  /** One of the app's own emojis. */
  | { kind: 'emoji'; name: string }
  /** A classic code that the app has no picture of. */
  | { kind: 'glyph'; glyph: string }
)

/** Longer ones are no addresses but attacks on whoever looks for them. */
const MAX_URL_LENGTH = 2000
/** Where an address ends: blanks, quotes, CJK and typographic punctuation, and what turns the direction of text. */
const NOT_URL =
  '\\s<>"`\\u200b-\\u200f\\u2014\\u2018-\\u201f\\u2026\\u202a-\\u202e\\u2066-\\u2069\\u3000-\\u303f' +
  '\\uff01-\\uff0f\\uff1a-\\uff20\\uff3b-\\uff40\\uff5b-\\uff65'
const URL_END = new RegExp(`[${NOT_URL}]`)
/** All its repetitions are bounded or begin where nothing of them was before: no text makes it slow. */
const PATTERN = new RegExp(
  [
    `(?<![A-Za-z0-9_@])(?<url>(?:https?:\\/\\/|www\\.)[^${NOT_URL}]{1,${MAX_URL_LENGTH}})`,
    '(?<![\\w.+-])(?<mail>[\\w.+-]{1,64}@(?:[A-Za-z0-9-]{1,63}\\.){1,8}[A-Za-z]{2,24})(?![\\w-])',
    '\\[(?<code>[^[\\]<>"\\s]{1,20})\\]',
  ].join('|'),
  'giu',
)
const SCHEME = /^(?:https?:\/\/|www\.)/i
const PAIRS: Record<string, string> = { ')': '(', ']': '[', '}': '{' }

/** Cuts words into what is shown as words, links and emojis. `isEmoji` tells which names are the app's own. */
export function tokenize(text: string, isEmoji: (name: string) => boolean): Token[] {
  const tokens: Token[] = []
  const pattern = new RegExp(PATTERN)
  let plainFrom = 0
  const add = (token: Token) => {
    if (token.at > plainFrom)
      tokens.push({ kind: 'text', at: plainFrom, text: text.slice(plainFrom, token.at) })
    tokens.push(token)
    plainFrom = token.at + token.text.length
    pattern.lastIndex = plainFrom
  }

  for (let match = pattern.exec(text); match; match = pattern.exec(text)) {
    const { index: at } = match
    const { url, mail, code } = match.groups as { url?: string; mail?: string; code?: string }
    if (url !== undefined) {
      const isTooLong = url.length >= MAX_URL_LENGTH && !isEndOfUrl(text[at + url.length])
      const link = isTooLong ? undefined : linkOf(url)
      if (link) add({ kind: 'link', at, ...link })
      else if (!isTooLong) pattern.lastIndex = at + (SCHEME.exec(url)?.[0].length ?? 1)
    } else if (mail !== undefined) {
      add({ kind: 'link', at, text: mail, href: `mailto:${mail}` })
    } else if (code !== undefined) {
      const glyph = classicGlyph(code)
      if (isEmoji(code)) add({ kind: 'emoji', at, text: match[0], name: code })
      else if (glyph !== undefined) add({ kind: 'glyph', at, text: match[0], glyph })
      // What is between the brackets may be an address.
      else pattern.lastIndex = at + 1
    }
  }
  if (plainFrom < text.length) tokens.push({ kind: 'text', at: plainFrom, text: text.slice(plainFrom) })
  return tokens
}

const isEndOfUrl = (char: string | undefined) => char === undefined || URL_END.test(char)

function linkOf(found: string): { text: string; href: string } | undefined {
  const text = withoutTail(withoutHanAfterHost(found))
  try {
    const { href, hostname } = new URL(/^www\./i.test(text) ? `https://${text}` : text)
    const isName = !/^www\./i.test(text) || /^www\.[^.]+\../i.test(hostname)
    return hostname !== '' && isName ? { text, href } : undefined
  } catch {
    return undefined
  }
}

/** Chinese is written without blanks: 看www.example.com吧 ends at the last letter of the host. */
function withoutHanAfterHost(url: string): string {
  const host = /^(?:https?:\/\/)?(?:[a-z0-9-]+\.)+[a-z]{2,}(?=\p{Script=Han})/iu.exec(url)
  return host ? host[0] : url
}

/** Without the punctuation of the sentence around it, and without brackets that were opened before it. */
function withoutTail(url: string): string {
  const surplus: Record<string, number> = {}
  for (const [close, open] of Object.entries(PAIRS)) {
    surplus[close] = url.split(close).length - url.split(open).length
  }
  let end = url.length
  for (; end > 0; end -= 1) {
    const char = url[end - 1] as string
    if (char in PAIRS) {
      if ((surplus[char] ?? 0) <= 0) break
      surplus[char] = (surplus[char] ?? 0) - 1
    } else if (!/[.,;:!?'*~|]/.test(char)) break
  }
  return url.slice(0, end)
}

const FLAG = '\\p{Regional_Indicator}{2}'
const KEYCAP = '[0-9#*]\\ufe0f?\\u20e3'
const PICTURE =
  '(?:\\p{Emoji_Modifier_Base}\\p{Emoji_Modifier}|\\p{Emoji_Presentation}\\ufe0f?|\\p{Extended_Pictographic}\\ufe0f)'
const PART = '(?:\\p{Extended_Pictographic}[\\ufe0f\\u{1f3fb}-\\u{1f3ff}]?)'
const ONE_EMOJI = new RegExp(
  `^(?:${FLAG}|${KEYCAP}|${PICTURE}(?:[\\u{e0020}-\\u{e007f}]+)?(?:\\u200d${PART})*)`,
  'u',
)
const MAX_LARGE = 3

/** How many emojis it is when it is nothing else, up to three: few enough to be shown large. 0 otherwise. */
export function countLarge(tokens: readonly Token[]): number {
  let count = 0
  for (const { kind, text } of tokens) {
    if (kind === 'link') return 0
    if (kind !== 'text') count += 1
    else {
      for (let rest = text.trim(); rest !== ''; rest = rest.trimStart()) {
        const emoji = ONE_EMOJI.exec(rest)?.[0]
        if (emoji === undefined) return 0
        count += 1
        if (count > MAX_LARGE) return 0
        rest = rest.slice(emoji.length)
      }
    }
  }
  return count > MAX_LARGE ? 0 : count
}
