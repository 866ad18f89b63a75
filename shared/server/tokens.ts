import { createSecretKey } from 'node:crypto'
import jwt from 'jsonwebtoken'
import { LRUCache } from 'lru-cache'
import { z } from 'zod'

/**
 * Five kinds of JWT, told apart by audience so that none passes for another (design §7):
 * `access` REST calls of a user · `files` what that user may read of attachments, in addresses · `im` that user's push
 * connections · `service` api <-> push · `admin` an application's own server. All are verified without the database.
 */
const OfLogin = z.object({ sub: z.string(), app: z.string(), login: z.uuid() })
const Claims = {
  /** `login` is the id of the login that it came of. */
  access: OfLogin,
  files: OfLogin,
  /** `device` is a device class; `kicks`: it is alone in that class. */
  im: z.object({
    sub: z.string(),
    app: z.string(),
    login: z.string(),
    device: z.string().optional(),
    kicks: z.boolean().optional(),
    /** When it was issued (s); set by signing. */
    iat: z.number().optional(),
  }),
  service: z.object({ sub: z.enum(['api', 'push']) }),
  admin: z.object({ app: z.string() }),
}

export type Audience = keyof typeof Claims
export type ClaimsOf<A extends Audience> = z.infer<(typeof Claims)[A]>

/** Seconds until a token of each kind expires. */
export const TOKEN_LIFETIME_S: Record<Audience, number> = {
  access: 30 * 24 * 3600,
  // As long as the login: browsers keep pictures under the address that they had.
  files: 30 * 24 * 3600,
  // Shown as an hour to clients: an old one that reconnects with an expired token never does so again.
  im: 24 * 3600,
  service: 300,
  admin: 3600,
}

const ISSUER = 'nudge'

interface Verified {
  audience: Audience
  claims: ClaimsOf<Audience>
  /** In ms. */
  expiresAt: number
}

export interface Tokens {
  sign<A extends Audience>(audience: A, claims: ClaimsOf<A>, lifetimeS?: number): string
  /** The claims, or why there are none: not ours, of another audience, malformed; or all right but too old. */
  check<A extends Audience>(
    audience: A,
    token: string,
  ): { claims: ClaimsOf<A> } | { problem: 'invalid' | 'expired' }
  /** The claims, or undefined when the token is not ours, of another audience, or expired. */
  verify<A extends Audience>(audience: A, token: string): ClaimsOf<A> | undefined
}

/** Tokens that have been verified are known again, so that a busy client's is not reckoned over with each request. */
const MAX_KNOWN = 20_000

export function createTokens(secret: string): Tokens {
  const known = new LRUCache<string, Verified>({ max: MAX_KNOWN })
  // As a key object: from a text jsonwebtoken tries to read a public key first, at every verification.
  const key = createSecretKey(secret, 'utf8')
  const check: Tokens['check'] = (audience, token) => {
    const verified = known.get(token)
    if (verified?.audience === audience && Date.now() < verified.expiresAt) {
      return { claims: verified.claims as ClaimsOf<typeof audience> }
    }
    try {
      const payload = jwt.verify(token, key, { algorithms: ['HS256'], audience, issuer: ISSUER })
      const parsed = Claims[audience].safeParse(payload)
      if (!parsed.success) return { problem: 'invalid' }
      const claims = Object.freeze(parsed.data) as ClaimsOf<typeof audience>
      const { exp = 0 } = payload as jwt.JwtPayload
      known.set(token, { audience, claims, expiresAt: exp * 1000 })
      return { claims }
    } catch (error) {
      return { problem: error instanceof jwt.TokenExpiredError ? 'expired' : 'invalid' }
    }
  }
  return {
    sign: (audience, claims, lifetimeS = TOKEN_LIFETIME_S[audience]) =>
      jwt.sign(claims, key, { algorithm: 'HS256', audience, issuer: ISSUER, expiresIn: lifetimeS }),

    check,
    verify: (audience, token) => {
      const checked = check(audience, token)
      return 'claims' in checked ? checked.claims : undefined
    },
  }
}
