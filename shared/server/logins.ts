import { TOKEN_LIFETIME_S } from './tokens.js'

/**
 * How long (ms) a login that has ended is remembered: imTokens of it may be valid so long, and one that an API
 * process sold a few seconds too late a little longer.
 */
export const ENDED_LOGINS_KEPT_MS = (TOKEN_LIFETIME_S.im + 60) * 1000

/** Where push learns which logins have ended: in-process from the API's store, or over HTTP from the API. */
export interface LoginSource {
  /**
   * Ids of logins that were ended before they expired: of one user, or of everybody as far back as an imToken
   * may be valid. Rejects when the source cannot be asked.
   */
  findEnded(userId?: string): Promise<string[]>
}

/** Announced on this topic: logins of the user have ended, push should ask which and cut their connections. */
export function loginsTopic(userId: string): string {
  return `y2w/logins/${userId}`
}

/** The user whose logins a topic is about; undefined for other topics. */
export function parseLoginsTopic(topic: string): string | undefined {
  return /^y2w\/logins\/([0-9A-Za-z-]{1,64})$/.exec(topic)?.[1]
}
