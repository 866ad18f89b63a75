import { Avatar, type AvatarProps } from '@mantine/core'
import { useClient } from '../platform/client-context'
import css from './person-avatar.module.css'
import { FACE_COLOURS } from './theme'

/** Faces may be anywhere on the web, and nobody there is told where they are shown. */
const NO_REFERRER = { referrerPolicy: 'no-referrer' } as const

/** Somebody's or some group's picture, or else the initials of the name on a colour that stays the same. */
export function PersonAvatar({
  name,
  src,
  size = 44,
  ...rest
}: { name: string; src: string } & Omit<AvatarProps, 'name' | 'src'>) {
  const client = useClient()
  return (
    <Avatar
      src={client.files.urlOf(src) ?? null}
      alt=""
      imageProps={NO_REFERRER}
      aria-hidden
      size={size}
      radius="50%"
      variant="light"
      color={FACE_COLOURS[sumOf(name) % FACE_COLOURS.length] ?? 'iris'}
      {...rest}
    >
      {/* Drawn, not written: they are no part of what the link or button around them is called. */}
      <span className={css.initials} data-initials={initialsOf(name)} />
    </Avatar>
  )
}

function sumOf(text: string): number {
  return [...text].reduce((sum, char) => (sum * 31 + (char.codePointAt(0) ?? 0)) >>> 0, 7)
}

/** Two letters of a name in an alphabet; one character of a name in Chinese. */
function initialsOf(name: string): string {
  const words = name.trim().split(/\s+/).filter(Boolean)
  const first = [...(words[0] ?? '?')]
  if (/\p{Script=Han}/u.test(name)) return first.at(-1) ?? '?'
  const last = words.length > 1 ? [...(words.at(-1) as string)][0] : undefined
  return `${first[0]}${last ?? ''}`.toUpperCase()
}
