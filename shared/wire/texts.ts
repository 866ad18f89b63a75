import { withoutMarkup } from './text.js'

/** The texts of the system messages that the server itself posts, as old clients know them. (yun2win.md §1.10) */
export const systemText = {
  p2pCreated: () => '现在可以开始聊天了',
  memberJoined: (name: string) => `${name}加入群聊`,
  memberLeft: (name: string) => `${name}离开了群`,
  reminder: () => '提醒',
}

/**
 * A system message's content. Old clients put its text into their pages unescaped, whoever wrote it, so
 * it holds no markup. (§4 W20)
 */
export function systemContent(text: string): string {
  return JSON.stringify({ text: withoutMarkup(text) })
}

/**
 * The same for a system message that a client posts: normally `{"text": ...}` with fields of its own. What
 * holds no markup stays as it was sent, to the byte.
 */
export function safeSystemContent(content: string): string {
  const value = parseObject(content)
  if (!value || !('text' in value)) return content.replace(/[<>]/g, '')
  const text = typeof value.text === 'string' ? value.text : ''
  const safe = withoutMarkup(text)
  if (safe === value.text) return content
  try {
    return JSON.stringify({ ...value, text: safe })
  } catch {
    // It can be read, but is nested too deeply to be written.
    return systemContent(text)
  }
}

function parseObject(json: string): object | undefined {
  try {
    const value: unknown = JSON.parse(json)
    return typeof value === 'object' && value !== null ? value : undefined
  } catch {
    return undefined
  }
}
