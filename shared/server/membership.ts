import type { SessionType } from '../wire/session-types.js'

/** Who may send to and hear of a session right now, as the API's database says. */
export interface Membership {
  sessionId: string
  appId: string
  type: SessionType
  /** Stamp (ms) of the last membership change: max(createdAt) over all member rows, tombstones included. */
  mts: number
  /** User ids of the live members. */
  memberIds: ReadonlySet<string>
  /** The session was deleted: its last members are told of that, and nobody may speak there any more. */
  isDeleted?: boolean | undefined
}

/** Where push learns memberships from: in-process from the API's store, or over HTTP from the API. */
export interface MembershipSource {
  /** Undefined when there is no such session. Rejects when the source cannot be asked. */
  find(sessionId: string): Promise<Membership | undefined>
}
