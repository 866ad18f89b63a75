import { z } from 'zod'
import type { LoginSource } from '../shared/server/logins.js'
import type { Membership, MembershipSource } from '../shared/server/membership.js'
import type { PresenceReport, PresenceSink } from '../shared/server/presence.js'
import { TOKEN_LIFETIME_S, type Tokens } from '../shared/server/tokens.js'
import { Id } from '../shared/wire/ids.js'
import { SessionType } from '../shared/wire/session-types.js'

const TIMEOUT_MS = 2000

const MembershipAnswer = z.object({
  sessionId: Id,
  appId: z.string(),
  type: SessionType,
  mts: z.number().int(),
  isDeleted: z.boolean().optional(),
  memberIds: z.array(Id).transform((ids): ReadonlySet<string> => new Set(ids)),
})

const EndedAnswer = z.object({ loginIds: z.array(z.string()) })

/** The API at `apiUrl`, as a push that runs apart asks and tells it. */
export class HttpApi implements MembershipSource, LoginSource, PresenceSink {
  #token = ''
  #signedAt = Number.NEGATIVE_INFINITY

  constructor(
    private readonly apiUrl: string,
    private readonly tokens: Tokens,
    private readonly now: () => number = Date.now,
  ) {}

  async find(sessionId: string): Promise<Membership | undefined> {
    const response = await this.#call(`sessions/${encodeURIComponent(sessionId)}/membership`)
    if (response.status === 404) {
      await response.body?.cancel()
      return undefined
    }
    return MembershipAnswer.parse(await this.#jsonOf(response, `the members of session ${sessionId}`))
  }

  async findEnded(userId?: string): Promise<string[]> {
    const response = await this.#call(`ended-logins${userId === undefined ? '' : `?userId=${userId}`}`)
    return EndedAnswer.parse(await this.#jsonOf(response, 'ended logins')).loginIds
  }

  async report(report: PresenceReport): Promise<void> {
    const response = await this.#call('presence', { method: 'POST', body: JSON.stringify(report) })
    await this.#jsonOf(response, 'presence')
  }

  #call(path: string, init: RequestInit = {}): Promise<Response> {
    return fetch(new URL(`internal/${path}`, withSlash(this.apiUrl)), {
      ...init,
      headers: { Authorization: `Bearer ${this.#currentToken()}`, 'Content-Type': 'application/json' },
      signal: AbortSignal.timeout(TIMEOUT_MS),
    })
  }

  async #jsonOf(response: Response, what: string): Promise<unknown> {
    if (response.ok) return response.json()
    await response.body?.cancel()
    throw new Error(`the API answered ${response.status} for ${what}`)
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
