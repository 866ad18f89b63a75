import { createSecretKey } from 'node:crypto'
import jwt from 'jsonwebtoken'
import { z } from 'zod'

/**
 * Four kinds of JWT, told apart by audience so that none passes for another (design §7):
 * `access` REST calls of a user · `im` that user's push connections · `service` api <-> push ·
 * `admin` an application's own server. All are verified without the database.
 */
const Claims = {
  access: z.object({ sub: z.string(), app: z.string() }),
  im: z.object({ sub: z.string(), app: z.string(), device: z.string().optional() }),
  service: z.object({ sub: z.enum(['api', 'push']) }),
  admin: z.object({ app: z.string() }),
}

export type Audience = keyof typeof Claims
export type ClaimsOf<A extends Audience> = z.infer<(typeof Claims)[A]>

/** Seconds until a token of each kind expires. */
export const TOKEN_LIFETIME_S: Record<Audience, number> = {
  access: 30 * 24 * 3600,
  // Shown as an hour to clients: an old one that reconnects with an expired token never does so again.
  im: 24 * 3600,
  service: 300,
  admin: 3600,
}

const ISSUER = 'nudge'

export interface Tokens {
  sign<A extends Audience>(audience: A, claims: ClaimsOf<A>, lifetimeS?: number): string
  /** The claims, or undefined when the token is not ours, of another audience, or expired. */
  verify<A extends Audience>(audience: A, token: string): ClaimsOf<A> | undefined
}

export function createTokens(secret: string): Tokens {
  // As a key object: from a text jsonwebtoken tries to read a public key first, at every verification.
  const key = createSecretKey(secret, 'utf8')
  return {
    sign: (audience, claims, lifetimeS = TOKEN_LIFETIME_S[audience]) =>
      jwt.sign(claims, key, { algorithm: 'HS256', audience, issuer: ISSUER, expiresIn: lifetimeS }),

    verify: (audience, token) => {
      try {
        const payload = jwt.verify(token, key, { algorithms: ['HS256'], audience, issuer: ISSUER })
        const parsed = Claims[audience].safeParse(payload)
        return parsed.success ? (parsed.data as ClaimsOf<typeof audience>) : undefined
      } catch {
        return undefined
      }
    },
  }
}
