import type { MemberObject } from '../../../shared/wire/objects.js'
import { CachedList } from './cached-list.js'
import { answer, type Callback } from './callbacks.js'
import { globalMinDate, msOf } from './dates.js'
import type { Session } from './sessions.js'
import type { User } from './user.js'

/** The members of a session. */
export class SessionMembers {
  readonly session: Session
  /** The mts (ms): when somebody came or went last. Push compares it with its own. */
  createdAt: number = globalMinDate
  /** ms: what is pulled next is newer. */
  updatedAt: number = globalMinDate
  readonly remote: SessionMembersRemote
  /** @internal */
  readonly list!: CachedList<MemberObject, SessionMember>

  constructor(session: Session) {
    this.session = session
    const { user } = session.sessions
    const list = new CachedList<MemberObject, SessionMember>({
      context: user.context,
      cacheKey: () => `${user.id}_${session.id}_sessionMembers`,
      keyOf: ({ userId }) => userId,
      make: (row) => new SessionMember(this, row),
    })
    Object.defineProperty(this, 'list', { value: list, enumerable: false })
    this.remote = new SessionMembersRemote(this)
    this.init()
  }

  /** Fills the list from localStorage. */
  init(): void {
    this.list.init()
    this.#measure()
  }

  /** By the user's id. Former members too: see `isDelete`. */
  getMember(userId: string): SessionMember | undefined {
    return this.list.get(userId)
  }

  /** In the order of the users' ids. */
  getMembers(): SessionMember[] {
    return this.list.live()
  }

  /** The other one of a pair; null when there is none. */
  getP2POtherSideMember(userId: string): SessionMember | null {
    return this.list.all().find((member) => member.userId !== userId) ?? null
  }

  /** @internal */
  take(rows: readonly MemberObject[]): void {
    this.list.take(rows)
    this.#measure()
  }

  /** @internal */
  forget(): void {
    const { user } = this.session.sessions
    user.context.cache.write(`${user.id}_${this.session.id}_sessionMembers`, undefined)
  }

  #measure(): void {
    this.createdAt = this.list.largest(({ createdAt }) => createdAt)
    this.updatedAt = this.list.cursor
  }
}

/** `session.members.remote` */
export class SessionMembersRemote {
  readonly #all: SessionMembers

  /** @internal */
  constructor(all: SessionMembers) {
    this.#all = all
  }

  /** Pulls what is new. */
  sync(cb?: Callback<void>): void {
    answer(
      this.pull().then(() => {}),
      cb,
    )
  }

  /**
   * Adds a member. Pull afterwards to have him in the list.
   *
   * @param name name, avatar and status are the user's own, whatever is given here
   * @param role `master` (for whoever made the group, who adds himself first), `admin` or `user`
   */
  add(
    userId: string,
    name: string,
    role: string,
    avatarUrl: string,
    status: string,
    cb?: Callback<MemberObject>,
  ): void {
    answer(this.#ask<MemberObject>('POST', '', { userId, name, role, avatarUrl, status }), cb)
  }

  /** Gives a member another role: for the master. */
  update(
    memberId: string,
    userId: string,
    name: string,
    role: string,
    avatarUrl: string,
    status: string,
    cb?: Callback<MemberObject>,
  ): void {
    answer(this.#ask<MemberObject>('PUT', `/${memberId}`, { userId, name, role, avatarUrl, status }), cb)
  }

  /** Removes a member by the member's id, or leaves by one's own. */
  remove(memberId: string, cb?: Callback<void>): void {
    answer(
      this.#ask('DELETE', `/${memberId}`).then(() => {}),
      cb,
    )
  }

  /** @internal */
  pull(): Promise<number> {
    const all = this.#all
    const { user } = all.session.sessions
    const path = `sessions/${all.session.id}/members`
    return all.list.inTurn(() =>
      user.context.pull<MemberObject>({ path, token: user.token, cursor: () => all.updatedAt }, (rows) =>
        all.take(rows),
      ),
    )
  }

  async #ask<T>(method: 'POST' | 'PUT' | 'DELETE', path: string, json?: object): Promise<T> {
    const { session } = this.#all
    const { user } = session.sessions
    const ask = { method, path: `sessions/${session.id}/members${path}`, ...(json && { json }) }
    return user.context.rest(user.token).ask<T>(ask)
  }
}

/** Somebody in a session. */
export class SessionMember {
  readonly sessionMembers: SessionMembers
  id!: string
  name!: string
  pinyin: string[] | undefined
  /** ms: when he came or went last. */
  createdAt!: number
  /** ms */
  updatedAt!: number
  userId!: string
  isDelete!: boolean
  /** `master`, `admin`, `user`, or `email` for who was invited by e-mail and has not come yet */
  role!: string
  /** `active` or `inactive` */
  status!: string
  /** What is known of the user; undefined with the role `email`. */
  user: User | undefined

  /** @internal */
  constructor(sessionMembers: SessionMembers, row: MemberObject) {
    this.sessionMembers = sessionMembers
    this.update(row)
  }

  /** An address for `<img>`; null without an avatar. */
  getAvatarUrl(): string | null {
    return this.user?.getAvatarUrl() ?? null
  }

  /** What localStorage keeps. */
  toJSON(): object {
    const { sessionMembers: _, user: __, ...fields } = this
    return fields
  }

  /** @internal */
  update(row: MemberObject): void {
    this.id = row.id
    this.name = row.name
    this.pinyin = row.pinyin
    this.createdAt = msOf(row.createdAt)
    this.updatedAt = msOf(row.updatedAt)
    this.userId = row.userId
    this.isDelete = row.isDelete
    this.role = row.role
    this.status = row.status
    const { users } = this.sessionMembers.session.sessions.user.context
    if (row.role === 'email') return
    const { userId: id, name, avatarUrl, pinyin } = row
    this.user = users.note({ id, name, avatarUrl, ...(pinyin && { pinyin }) })
  }
}
