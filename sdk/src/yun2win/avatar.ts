import type { Context } from './context.js'

/** Blank is one space, as in the old client; so is the vendor's own default picture. */
export function avatarOf(avatarUrl: string | null | undefined): string {
  return !avatarUrl || avatarUrl.includes('/images/default.jpg') ? ' ' : avatarUrl
}

/** An address for `<img>`, or null. */
export function avatarAddress(context: Context, token: string | undefined, avatarUrl: string): string | null {
  return context.files(token).urlOf(avatarUrl) ?? null
}
