/** CONNACK codes with which push refuses, as old clients understand them. (yun2win.md §2.3) */
export const ConnectCode = {
  /** The user name is no user id. Old clients give up. */
  badUser: 4,
  /** Clients get themselves a new imToken. */
  badToken: 5,
  expiredToken: 6,
  /** It cannot be told yet whether the login still holds. Clients try again after a second. */
  unavailable: 7,
  /** Another device has taken the place of this one. Clients log out. */
  kicked: 10,
} as const
export type ConnectCode = (typeof ConnectCode)[keyof typeof ConnectCode]

/** Push return codes in frames. (yun2win.md §2.3, §2.6) */
export const ReturnCode = {
  kicked: 10,
  accepted: 11,
  delivered: 20,
  badCommand: 22,
  unknownSession: 26,
  clientMtsExpired: 27,
  serverMtsExpired: 28,
  badJson: 30,
  membersMissing: 31,
  serverError: 99,
} as const
export type ReturnCode = (typeof ReturnCode)[keyof typeof ReturnCode]
