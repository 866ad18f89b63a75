import { pinyin } from 'pinyin-pro'

/**
 * How a name is found with Latin letters: its syllables in one and their initials, in lower case; what is not
 * Chinese stands for itself. `张三` is `['zhangsan', 'zs']`, `Alice Bob` `['alicebob', 'ab']`.
 */
export function pinyinOf(name: string): string[] {
  const parts = pinyin(name, {
    type: 'array',
    toneType: 'none',
    nonZh: 'consecutive',
    surname: 'head',
    v: true,
  })
  const words = parts.flatMap((part) => part.toLowerCase().split(/\s+/)).filter((word) => word !== '')
  const initials = words.map((word) => String.fromCodePoint(word.codePointAt(0) as number))
  return [...new Set([words.join(''), initials.join('')])].filter((text) => text !== '')
}
