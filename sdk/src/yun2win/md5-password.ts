import { md5 } from '@noble/hashes/legacy.js'

/**
 * What the vendor's client sends as password: the lower-case hex MD5 of what was typed. For `hashPassword` of
 * `createClient`, so that an account is the same in an old page and in a new one.
 */
export function md5Password(typed: string): string {
  const digest: Uint8Array = md5(new TextEncoder().encode(typed))
  return [...digest].map((byte) => byte.toString(16).padStart(2, '0')).join('')
}
