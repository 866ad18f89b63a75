import { defineTexts } from '../i18n/define-texts.js'
import type { Language } from '../i18n/locales.js'

/**
 * Lines that stay in a conversation and say what somebody did. Whoever does it writes them, in a language of their own:
 * every reader gets them in theirs. The names stand in the order of the parameters, in every language.
 */
export const announcedTexts = defineTexts({
  en: {
    saidRecalled: (who: string) => `${who} recalled a message`,
    saidRenamed: (who: string, name: string) => `${who} renamed the group to “${name}”`,
    saidPicture: (who: string) => `${who} changed the group picture`,
    saidTransferred: (who: string, name: string) => `${who} made ${name} the group owner`,
    saidAppointed: (who: string, name: string) => `${who} made ${name} an admin`,
    saidDismissed: (who: string, name: string) => `${who} removed ${name} as admin`,
  },
  zh: {
    saidRecalled: (who: string) => `${who}撤回了一条消息`,
    saidRenamed: (who: string, name: string) => `${who} 将群名改为“${name}”`,
    saidPicture: (who: string) => `${who} 更换了群头像`,
    saidTransferred: (who: string, name: string) => `${who} 将群主转让给 ${name}`,
    saidAppointed: (who: string, name: string) => `${who} 将 ${name} 设为管理员`,
    saidDismissed: (who: string, name: string) => `${who} 取消了 ${name} 的管理员身份`,
  },
})

export type Announced = keyof (typeof announcedTexts)['en']

/** What the server writes itself, and in Chinese. */
const SERVER_LINES = {
  begin: () => '现在可以开始聊天了',
  joined: (name: string) => `${name}加入群聊`,
  left: (name: string) => `${name}离开了群`,
}

const serverTexts = defineTexts({
  en: {
    begin: () => 'You can start chatting now',
    joined: (name: string) => `${name} joined the group`,
    left: (name: string) => `${name} left the group`,
  },
  zh: {
    begin: () => '现在可以开始聊天了',
    joined: (name: string) => `${name} 加入了群聊`,
    left: (name: string) => `${name} 退出了群聊`,
  },
})

const YOU: Record<Language, string> = { en: 'You', zh: '您' }

/** For whom a line is. */
export interface Reader {
  language: Language
  me: { id: string; name: string } | undefined
}

/**
 * A line of type `system` in the reader's language, with "You" for what the reader did. What no text of ours makes, or
 * more than one, stays as it is. Users can write such lines as they like, and
 * also as `system`: they say what somebody claims.
 */
export function systemLine(line: string, senderId: string, { language, me }: Reader): string {
  if (senderId === 'system') {
    const said = only(readings(line, SERVER_LINES))
    return said ? serverTexts[language][said.kind](said.names[0] ?? '') : line
  }
  const said = only([...readings(line, announcedTexts.en), ...readings(line, announcedTexts.zh)])
  if (!said) return line
  const [who = '', name = ''] = said.names
  // A message that somebody who runs the group recalled is still that of its sender.
  const isOwn = senderId === me?.id && (said.kind !== 'saidRecalled' || who === me.name)
  const words = announcedTexts[language][said.kind](isOwn ? YOU[language] : who, name)
  // A space sets names off from Chinese, of which this is a part.
  return isOwn ? words.replace(/^您 /, '您') : words
}

type Lines<Kind extends string> = Record<Kind, (...names: string[]) => string>

interface Reading<Kind> {
  kind: Kind
  names: string[]
}

/** What these lines make of it. */
function readings<Kind extends string>(line: string, lines: Lines<Kind>): Reading<Kind>[] {
  return (Object.keys(lines) as Kind[]).flatMap((kind) => {
    const names = namesIn(line, lines[kind])
    return names ? [{ kind, names }] : []
  })
}

/** Stands for a name; no name has it. */
const GAP = '\0'

/** The names that make this line of that text; undefined when none do, and when one cannot tell where a name ends. */
function namesIn(line: string, text: (...names: string[]) => string): string[] | undefined {
  const [before = '', ...more] = text(GAP, GAP).split(GAP)
  const after = more.pop()
  if (after === undefined) return line === before ? [] : undefined
  if (!line.startsWith(before) || !line.endsWith(after)) return undefined
  const names = partsOf(line.slice(before.length, line.length - after.length), more[0])
  return names?.every((name) => name !== '') ? names : undefined
}

function partsOf(text: string, between: string | undefined): string[] | undefined {
  if (between === undefined) return [text]
  const at = text.indexOf(between)
  if (at === -1 || at !== text.lastIndexOf(between)) return undefined
  return [text.slice(0, at), text.slice(at + between.length)]
}

function only<T>(found: readonly T[]): T | undefined {
  return found.length === 1 ? found[0] : undefined
}
