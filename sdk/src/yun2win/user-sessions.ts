import type { UserSessionObject } from '../../../shared/wire/favourites.js'
import { avatarAddress, avatarOf } from './avatar.js'
import { CachedList } from './cached-list.js'
import { answer, type Callback } from './callbacks.js'
import type { CurrentUser } from './current-user.js'
import { globalMinDate, msOf } from './dates.js'

/** The groups that the user keeps at hand. */
export class UserSessions {
  readonly user: CurrentUser
  /** ms: what is pulled next is newer. */
  updatedAt: number = globalMinDate
  readonly remote: UserSessionsRemote
  /** @internal */
  readonly list!: CachedList<UserSessionObject, UserSession>

  constructor(user: CurrentUser) {
    this.user = user
    const list = new CachedList<UserSessionObject, UserSession>({
      context: user.context,
      cacheKey: () => `${user.id}_userSessions`,
      keyOf: ({ sessionId }) => sessionId,
      make: (row) => new UserSession(this, row),
    })
    Object.defineProperty(this, 'list', { value: list, enumerable: false })
    this.remote = new UserSessionsRemote(this)
  }

  /** Fills the list from localStorage. */
  init(): void {
    this.list.init()
    this.updatedAt = this.list.cursor
  }

  /** By the session's id. Removed ones too: see `isDelete`. */
  get(sessionId: string): UserSession | undefined {
    return this.list.get(sessionId)
  }

  /** In the order of the sessions' ids. */
  getUserSessions(): UserSession[] {
    return this.list.live()
  }
}

/** `userSessions.remote` */
export class UserSessionsRemote {
  readonly #all: UserSessions

  /** @internal */
  constructor(all: UserSessions) {
    this.#all = all
  }

  /** Pulls what is new. Gives how many came. */
  sync(cb?: Callback<number>): void {
    answer(this.pull(), cb)
  }

  /** Keeps a group. It is shown under the name and with the avatar that the group has. */
  add(sessionId: string, name: string, avatarUrl: string, cb?: Callback<UserSessionObject>): void {
    answer(this.#ask<UserSessionObject>('POST', '', { sessionId, name, avatarUrl }), cb)
  }

  /** The group itself stays. */
  remove(userSessionId: string, cb?: Callback<void>): void {
    answer(
      this.#ask('DELETE', `/${userSessionId}`).then(() => {}),
      cb,
    )
  }

  /** @internal */
  pull(): Promise<number> {
    const all = this.#all
    const { user, list } = all
    return list.inTurn(() =>
      user.context.pull<UserSessionObject>(
        { path: `users/${user.id}/userSessions`, token: user.token, cursor: () => all.updatedAt },
        (rows) => {
          list.take(rows)
          all.updatedAt = Math.max(all.updatedAt, list.cursor)
        },
      ),
    )
  }

  async #ask<T>(method: 'POST' | 'DELETE', path: string, json?: object): Promise<T> {
    const { user } = this.#all
    const ask = { method, path: `users/${user.id}/userSessions${path}`, ...(json && { json }) }
    return user.context.rest(user.token).ask<T>(ask)
  }
}

/** A group that the user keeps at hand. */
export class UserSession {
  readonly userSessions: UserSessions
  id!: string
  sessionId!: string
  name!: string
  isDelete!: boolean
  /** ms */
  createdAt!: number
  /** ms */
  updatedAt!: number
  /** One space when there is none. */
  avatarUrl!: string

  /** @internal */
  constructor(userSessions: UserSessions, row: UserSessionObject) {
    this.userSessions = userSessions
    this.update(row)
  }

  /** An address for `<img>`; null without an avatar. */
  getAvatarUrl(): string | null {
    const { user } = this.userSessions
    return avatarAddress(user.context, user.addressToken, this.avatarUrl)
  }

  /** What localStorage keeps. */
  toJSON(): object {
    const { userSessions: _, ...fields } = this
    return fields
  }

  /** @internal */
  update(row: UserSessionObject): void {
    this.id = row.id
    this.sessionId = row.sessionId
    this.name = row.name
    this.isDelete = row.isDelete
    this.createdAt = msOf(row.createdAt)
    this.updatedAt = msOf(row.updatedAt)
    this.avatarUrl = avatarOf(row.avatarUrl)
  }
}
