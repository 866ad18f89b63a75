import { z } from 'zod'

/**
 * An origin as browsers spell it: a scheme, a host in lower case, and a port that is not the scheme's own. Nothing
 * else may get into the list, for it becomes part of a header. Policies know no IPv6 addresses.
 */
export function isOrigin(text: string): boolean {
  return URL.canParse(text) && /^https?:\/\/[^\s*,;'"[]+$/.test(text) && new URL(text).origin === text
}

/** Origins with commas between. */
export const EnvOrigins = z
  .string()
  .transform((list) => list.split(',').map((origin) => origin.trim()))
  .refine(
    (origins) => origins.every(isOrigin),
    'must be origins like https://shop.example.com, without a path',
  )
