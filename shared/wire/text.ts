import { z } from 'zod'

/**
 * Text that can be stored and given back unchanged: no NUL (Postgres has no such text) and no half of a
 * surrogate pair (it has no UTF-8 form).
 */
export const Text = z
  .string()
  .refine((text) => !text.includes('\0'), 'must not contain NUL characters')
  .refine((text) => !/\p{Surrogate}/u.test(text), 'is not well-formed Unicode')

/** One line of text for names and the like. */
export const ShortText = Text.max(255, 'is longer than 255 characters')

/** An avatar: a URL, a path below /v1/, or blank. Old clients send one space for "none". (yun2win.md §1.4) */
export const AvatarUrl = Text.max(2048, 'is longer than 2048 characters').transform((text) =>
  withoutMarkup(text).trim(),
)

/**
 * A name that other people see. Old clients put names into their pages unescaped, so the characters that
 * markup needs are left out. (yun2win.md §4 W20)
 */
export const DisplayName = ShortText.transform((text) => withoutMarkup(text).trim())

export function withoutMarkup(text: string): string {
  return text.replace(/[<>"]/g, '')
}
