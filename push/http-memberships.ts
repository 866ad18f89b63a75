import { z } from 'zod'
import type { Membership, MembershipSource } from '../shared/server/membership.js'
import { TOKEN_LIFETIME_S, type Tokens } from '../shared/server/tokens.js'
import { Id } from '../shared/wire/ids.js'
import { SessionType } from '../shared/wire/session-types.js'

const TIMEOUT_MS = 2000

const Answer = z.object({
  sessionId: Id,
  appId: z.string(),
  type: SessionType,
  mts: z.number().int(),
  isDeleted: z.boolean().optional(),
  memberIds: z.array(Id).transform((ids): ReadonlySet<string> => new Set(ids)),
})

/** Asks the API at `apiUrl` for memberships: what a push that runs apart uses. */
export class HttpMemberships implements MembershipSource {
  #token = ''
  #signedAt = Number.NEGATIVE_INFINITY

  constructor(
    private readonly apiUrl: string,
    private readonly tokens: Tokens,
    private readonly now: () => number = Date.now,
  ) {}

  async find(sessionId: string): Promise<Membership | undefined> {
    const url = new URL(
      `internal/sessions/${encodeURIComponent(sessionId)}/membership`,
      withSlash(this.apiUrl),
    )
    const response = await fetch(url, {
      headers: { Authorization: `Bearer ${this.#currentToken()}` },
      signal: AbortSignal.timeout(TIMEOUT_MS),
    })
    if (response.ok) return Answer.parse(await response.json())
    await response.body?.cancel()
    if (response.status === 404) return undefined
    throw new Error(`the API answered ${response.status} for the members of session ${sessionId}`)
  }

  /** Signed anew well before it expires. */
  #currentToken(): string {
    if (this.now() - this.#signedAt > (TOKEN_LIFETIME_S.service * 1000) / 2) {
      this.#token = this.tokens.sign('service', { sub: 'push' })
      this.#signedAt = this.now()
    }
    return this.#token
  }
}

function withSlash(url: string): string {
  return url.endsWith('/') ? url : `${url}/`
}
