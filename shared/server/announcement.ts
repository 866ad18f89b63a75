import type { Sync } from '../wire/sync-types.js'

/** What the API tells push after a commit: whom it concerns and where they should look. */
export interface Announcement {
  /** `y2w/session/<type>_<id>` reaches its live members; `y2w/user/<uid>` one user's devices. */
  topic: string
  /** Stamp (ms) of the newest change told of. */
  stamp: number
  /** For session topics: the session's mts (ms) at that stamp. A push cache that is older must refresh. */
  mts?: number
  syncs: Sync[]
}

/** The one door from api to push. */
export interface Announcer {
  /** Resolves when push has taken the announcement; rejects when it could not be given, to be tried again. */
  announce(announcement: Announcement): Promise<void>
  /** Whether it is worth trying; absent: always. Another process may have a connection when this one has none. */
  isReachable?(): boolean
}
