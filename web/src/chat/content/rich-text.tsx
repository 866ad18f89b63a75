import { useMemo } from 'react'
import { useClient } from '../../platform/client-context'
import { useList } from '../../platform/use-list'
import css from './rich-text.module.css'
import { countLarge, type Token, tokenize } from './tokens'

/** The words of a message, with its links and emoji shown as such. */
export function RichText({ text }: { text: string }) {
  const client = useClient()
  const emojis = useList(client.emojis)
  const tokens = useMemo(() => {
    const names = new Set(emojis.map(({ name }) => name))
    return tokenize(text, (name) => names.has(name))
  }, [text, emojis])
  const isLarge = countLarge(tokens) > 0
  return (
    <span className={isLarge ? `${css.text} ${css.large}` : css.text}>
      {tokens.map((token) => (
        <Piece key={token.at} token={token} />
      ))}
    </span>
  )
}

function Piece({ token }: { token: Token }) {
  const client = useClient()
  switch (token.kind) {
    case 'link':
      return (
        <a className={css.link} href={token.href} target="_blank" rel="noopener noreferrer nofollow">
          {token.text}
        </a>
      )
    case 'emoji': {
      const src = client.files.urlOf(client.emojis.byName(token.name)?.url ?? '')
      return (
        <img
          className={css.emoji}
          src={src}
          alt={token.text}
          title={token.text}
          referrerPolicy="no-referrer"
          loading="lazy"
        />
      )
    }
    case 'glyph':
      return (
        <span role="img" aria-label={token.text} title={token.text}>
          {token.glyph}
        </span>
      )
    default:
      return token.text
  }
}
