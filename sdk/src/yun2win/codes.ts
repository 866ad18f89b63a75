/** What `onConnectionStatusChanged` is called with. */
export const connectionStatus = {
  connecting: 0,
  connected: 1,
  /** With the number of the try. */
  reconnecting: 2,
  networkDisconnected: 3,
  /** For good, unless the code is one of a server in trouble. With a `connectionReturnCode`. */
  disconnected: 100,
} as const

/** Why push let nobody in. */
export const connectionReturnCode = {
  unacceptableProtocolVersion: 3,
  uidIsInvalid: 4,
  tokenIsInvalid: 5,
  tokenHasExpired: 6,
  appKeyIsInvalid: 7,
  /** Another device of this kind has connected. */
  kicked: 10,
  serverUnavailable: 99,
  serverInternalError: 100,
} as const

/** What became of a message that was sent over push. */
export const sendReturnCode = {
  success: 20,
  timeout: 21,
  cmdIsInvalid: 22,
  sessionIsInvalid: 23,
  sessionIdIsInvalid: 24,
  sessionMTSIsInvalid: 25,
  sessionOnServerIsNotExist: 26,
  sessionMTSOnClientHasExpired: 27,
  sessionMTSOnServerHasExpired: 28,
  sessionMembersIsInvalid: 29,
  invalidFormatOfJSONContent: 30,
  sessionMembersIsNull: 31,
} as const
