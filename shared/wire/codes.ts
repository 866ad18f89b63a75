/** Push return codes, in frames and CONNACKs. (yun2win.md §2.3, §2.6) */
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
