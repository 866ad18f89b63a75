import { createHash, randomUUID } from 'node:crypto'
import { SERVICE_USERNAME } from '../shared/server/announce-frame.js'
import type { Tokens } from '../shared/server/tokens.js'
import { ConnectCode } from '../shared/wire/codes.js'
import { Id } from '../shared/wire/ids.js'

/** Whose connection it is. */
export type Identity = UserIdentity | ServiceIdentity

export interface UserIdentity {
  kind: 'user'
  userId: string
  appId: string
  /** The login that the imToken came of. */
  loginId: string
  device: DeviceId
  /** The app has one device of a class at a time. */
  kicks: boolean
  /** When (s) the imToken was issued. */
  issuedAt: number
}

/** The API itself, trusted to announce. `userId` is a name that no user has. */
export interface ServiceIdentity {
  kind: 'service'
  userId: typeof SERVICE_USERNAME
}

export interface DeviceId {
  /** Stays the same over reconnections: a second connection of the same device takes the first one's place. */
  instance: string
  /** Devices of a class may exclude each other. Undefined: it says none, and minds nobody. */
  deviceClass: string | undefined
  /** Old clients say whether they were connected before, and then take nobody's place. Undefined: it does not say. */
  isReconnection: boolean | undefined
}

/** What a CONNECT says of who it is. */
export interface Credentials {
  username?: string | undefined
  password?: Buffer | undefined
  clientId: string
}

/** Who a CONNECT proves to be, or the CONNACK code that says why nobody. (yun2win.md §2.2, §2.3) */
export function identify(
  tokens: Tokens,
  { username, password, clientId }: Credentials,
): Identity | ConnectCode {
  const token = password?.toString() ?? ''
  if (username === SERVICE_USERNAME) {
    if (!tokens.verify('service', token)) return ConnectCode.badToken
    return { kind: 'service', userId: SERVICE_USERNAME }
  }
  if (!Id.safeParse(username).success) return ConnectCode.badUser
  const checked = tokens.check('im', token)
  if ('problem' in checked) {
    return checked.problem === 'expired' ? ConnectCode.expiredToken : ConnectCode.badToken
  }
  const { sub, app, login, device, kicks, iat } = checked.claims
  if (sub !== username) return ConnectCode.badToken
  const { deviceClass, ...rest } = readClientId(clientId)
  return {
    kind: 'user',
    userId: sub,
    appId: app,
    loginId: login,
    device: { deviceClass: device ?? deviceClass, ...rest },
    kicks: kicks ?? false,
    issuedAt: iat ?? 0,
  }
}

/** `<r><d><guid>`: r tells a first connection from a reconnection, d is the device class. (yun2win.md §2.2) */
const LEGACY_CLIENT_ID = /^([01])(.)(.{36})$/s
/** Longer ones, of up to 64 KiB, are kept as their hash. */
const MAX_CLIENT_ID_LENGTH = 128

function readClientId(clientId: string): DeviceId {
  const [, r, deviceClass] = LEGACY_CLIENT_ID.exec(clientId) ?? []
  if (r !== undefined) return { instance: clientId.slice(1), deviceClass, isReconnection: r === '1' }
  return { instance: shortened(clientId || randomUUID()), deviceClass: undefined, isReconnection: undefined }
}

/**
 * The id that the broker knows a connection by. A second connection with the same id takes the first one's
 * place, so it names the user too: nobody can displace another user's connection.
 */
export function brokerClientId(identity: Identity, clientId: string): string {
  const instance = identity.kind === 'user' ? identity.device.instance : shortened(clientId || randomUUID())
  return `${identity.userId}:${instance}`
}

function shortened(instance: string): string {
  if (instance.length <= MAX_CLIENT_ID_LENGTH) return instance
  return createHash('sha256').update(instance).digest('base64url')
}
