import { isIP } from 'node:net'
import { z } from 'zod'

/** So many times in so many seconds. */
export interface Rate {
  times: number
  perS: number
}

/** How often who may do what. Users are told apart by their ids; administrators' tokens are not limited. */
export interface LimitsConfig {
  /** By address. */
  login: Rate
  register: Rate
  /** Everything else that needs no token. */
  anonymous: Rate
  /** Wrong passwords by account, whatever address they come from. */
  wrongPassword: Rate
  /** By user. */
  setPassword: Rate
  /** Changes of the own profile: everybody who sees the name is told of each. */
  profile: Rate
  search: Rate
  /** Lists of everybody in sight, which are read whole for each page. */
  seen: Rate
  /** New contacts: they tell the account of somebody, and show up in that one's list too. */
  meet: Rate
  upload: Rate
  /** Mails to strangers. */
  invite: Rate
  /** The same by the address that is invited, whoever invites. */
  invited: Rate
  send: Rate
  /** Everything of one user together. */
  request: Rate
}

/** Documented in docs/api.md. */
export const DEFAULT_LIMITS: LimitsConfig = {
  login: { times: 60, perS: 60 },
  register: { times: 60, perS: 3600 },
  anonymous: { times: 1200, perS: 60 },
  wrongPassword: { times: 10, perS: 900 },
  setPassword: { times: 10, perS: 900 },
  profile: { times: 60, perS: 3600 },
  search: { times: 60, perS: 60 },
  seen: { times: 60, perS: 60 },
  meet: { times: 120, perS: 3600 },
  upload: { times: 120, perS: 60 },
  invite: { times: 60, perS: 3600 },
  invited: { times: 6, perS: 86_400 },
  send: { times: 600, perS: 60 },
  request: { times: 6000, perS: 60 },
}

/** Whose X-Forwarded-For is believed, as Express takes it: nobody's, that of n proxies, or of these networks. */
export type TrustProxy = false | number | string[]

const NAMED_NETWORKS = ['loopback', 'linklocal', 'uniquelocal']

/** `off`, a number of proxies, or addresses, networks and their names with commas between. */
export const EnvTrustProxy = z
  .string()
  .refine(isTrustProxy, 'must be off, how many proxies there are, or a list such as loopback,10.0.0.0/8')
  .transform((text): TrustProxy => {
    if (text === 'off') return false
    return /^\d+$/.test(text) ? Number(text) : text.split(',').map((part) => part.trim())
  })

function isTrustProxy(text: string): boolean {
  if (text === 'off') return true
  // 0 proxies and all proxies are mistakes: the one is off, the other lets everybody choose an address.
  if (/^\d+$/.test(text)) return Number(text) >= 1 && Number(text) <= 10
  return text.split(',').every((part) => {
    const [address = '', bits, ...more] = part.trim().split('/')
    if (NAMED_NETWORKS.includes(address)) return bits === undefined
    const family = isIP(address)
    const isBits = bits === undefined || (/^\d+$/.test(bits) && Number(bits) <= (family === 4 ? 32 : 128))
    return family !== 0 && isBits && more.length === 0
  })
}
