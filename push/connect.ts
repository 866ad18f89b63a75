import { createHash, randomUUID } from 'node:crypto'
import { SERVICE_USERNAME } from '../shared/server/announce-frame.js'
import type { Tokens } from '../shared/server/tokens.js'
import { Id } from '../shared/wire/ids.js'

/** Whose connection it is. */
export type Identity =
  | { kind: 'user'; userId: string; appId: string }
  /** The API itself, trusted to announce. `userId` is a name that no user has. */
  | { kind: 'service'; userId: typeof SERVICE_USERNAME }

/** Who a CONNECT's user name and password prove to be; undefined when they prove nothing. (yun2win.md §2.2) */
export function identify(tokens: Tokens, username?: string, password?: Buffer): Identity | undefined {
  if (!username || !password) return undefined
  const token = password.toString()
  if (username === SERVICE_USERNAME) {
    return tokens.verify('service', token) && { kind: 'service', userId: SERVICE_USERNAME }
  }
  const claims = tokens.verify('im', token)
  if (!claims || claims.sub !== username || !Id.safeParse(claims.sub).success) return undefined
  return { kind: 'user', userId: claims.sub, appId: claims.app }
}

/** `<r><d><guid>`: r tells a first connection from a reconnection. (yun2win.md §2.2) */
const LEGACY_CLIENT_ID = /^[01].{37}$/s
/** Longer ones, of up to 64 KiB, are kept as their hash. */
const MAX_CLIENT_ID_LENGTH = 128

/**
 * The id that the broker knows a connection by. A second connection with the same id takes the first one's
 * place, so it names the user too (nobody can displace another user's connection) and, of an old client's id,
 * only what stays the same over reconnections.
 */
export function brokerClientId(username: string | undefined, clientId: string): string {
  const instance = LEGACY_CLIENT_ID.test(clientId) ? clientId.slice(1) : clientId || randomUUID()
  return `${username ?? ''}:${shortened(instance)}`
}

function shortened(instance: string): string {
  if (instance.length <= MAX_CLIENT_ID_LENGTH) return instance
  return createHash('sha256').update(instance).digest('base64url')
}
