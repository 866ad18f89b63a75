import type { SessionObject } from '../../../shared/wire/objects.js'
import { avatarOf } from './avatar.js'
import { CachedList, changesOf } from './cached-list.js'
import { answer, type Callback } from './callbacks.js'
import type { CurrentUser } from './current-user.js'
import { msOf } from './dates.js'
import { Messages } from './messages.js'
import { SessionMembers } from './session-members.js'
import type { UserConversation } from './user-conversations.js'

/** With the target under which the user knows it. */
type SessionRow = SessionObject & { targetId: string }

const keyOf = ({ type, targetId }: { type: string; targetId: string }) => `${type}-${targetId}`

/** The sessions this page has had to do with. */
export class Sessions {
  readonly user: CurrentUser
  readonly remote: SessionsRemote
  readonly #byId = new Map<string, Session>()
  readonly #loading = new Map<string, Promise<Session>>()
  /** @internal */
  readonly list!: CachedList<SessionRow, Session>

  constructor(user: CurrentUser) {
    this.user = user
    const list = new CachedList<SessionRow, Session>({
      context: user.context,
      cacheKey: () => `${user.id}_sessions`,
      keyOf,
      make: (row) => {
        const session = new Session(this, row)
        this.#byId.set(session.id, session)
        return session
      },
    })
    Object.defineProperty(this, 'list', { value: list, enumerable: false })
    this.remote = new SessionsRemote(this)
  }

  /** Fills it from localStorage, the members of the sessions too. */
  init(): void {
    this.#byId.clear()
    this.list.init()
    for (const session of this.list.all()) this.#byId.set(session.id, session)
  }

  /**
   * The session with its members: as it is held here, or else from the server, which makes that of a pair if need be.
   *
   * @param targetId `p2p`: the other user's id; `group`: the session's; `single`: one's own
   */
  get(targetId: string, type: string, cb?: Callback<Session>): void {
    answer(this.load(targetId, type), cb)
  }

  /** Undefined when it is not held here. */
  getById(id: string): Session | undefined {
    return this.#byId.get(id)
  }

  /** Under which target a session is held here. Throws when it is not. */
  getTargetId(id: string, type: string): string {
    const session = this.getById(id)
    if (session?.type !== type) throw new Error('targetId is not exist')
    return session.targetId
  }

  /** @internal */
  async load(targetId: string, type: string): Promise<Session> {
    const held = this.list.get(keyOf({ type, targetId }))
    if (held && held.members.list.size > 0) return held
    const key = keyOf({ type, targetId })
    const loading = this.#loading.get(key) ?? this.remote.pull(targetId, type)
    this.#loading.set(key, loading)
    return loading.finally(() => this.#loading.delete(key))
  }

  /** @internal The server says that it has changed. */
  refresh({ targetId, type }: Session): Promise<Session> {
    return this.remote.pull(targetId, type)
  }

  /** @internal */
  note(row: SessionObject, targetId: string): Session {
    this.list.take([{ ...row, targetId }])
    return this.list.get(keyOf({ type: row.type, targetId })) as Session
  }

  /** @internal */
  forget(session: Session): void {
    this.#byId.delete(session.id)
    this.list.drop(keyOf(session))
    session.members.forget()
  }
}

/** `sessions.remote` */
export class SessionsRemote {
  readonly #all: Sessions

  /** @internal */
  constructor(all: Sessions) {
    this.#all = all
  }

  /** Pulls a session and its members. */
  sync(targetId: string, type: string, cb?: Callback<Session>): void {
    answer(this.pull(targetId, type), cb)
  }

  /**
   * Makes a group, without members: whoever makes it adds himself first, with the role `master`. Sessions of a pair
   * are not made this way: see `sessions.get`.
   */
  add(type: string, name: string, secureType: string, avatarUrl: string, cb?: Callback<Session>): void {
    answer(this.#add({ type, name, secureType, avatarUrl }), cb)
  }

  /** Sends what has been changed of `name`, `avatarUrl`, `secureType` and `description`. For the master. */
  store(session: Session, cb?: Callback<Session>): void {
    answer(this.#store(session), cb)
  }

  /** Ends a group for everybody. For the master. */
  remove(session: Session, cb?: Callback<void>): void {
    answer(this.#remove(session), cb)
  }

  /** @internal */
  async pull(targetId: string, type: string): Promise<Session> {
    const { user } = this.#all
    const path = pathOf(type, targetId, user.id)
    const row = await user.context.rest(user.token).ask<SessionObject>({ path })
    const session = this.#all.note(row, targetId)
    await session.members.remote.pull()
    return session
  }

  async #add(json: object): Promise<Session> {
    const { user } = this.#all
    const ask = { method: 'POST', path: 'sessions', json } as const
    const row = await user.context.rest(user.token).ask<SessionObject>(ask)
    return this.#all.note(row, row.id)
  }

  async #store(session: Session): Promise<Session> {
    const { user, list } = this.#all
    const fields = ['name', 'avatarUrl', 'secureType', 'description'] as const
    const json = changesOf(session, list.rowOf(keyOf(session)), fields)
    const ask = { method: 'PUT', path: `sessions/${session.id}`, json } as const
    const row = await user.context.rest(user.token).ask<SessionObject>(ask)
    return this.#all.note(row, session.targetId)
  }

  async #remove(session: Session): Promise<void> {
    const { user } = this.#all
    await user.context.rest(user.token).ask({ method: 'DELETE', path: `sessions/${session.id}` })
    this.#all.forget(session)
  }
}

function pathOf(type: string, targetId: string, userId: string): string {
  const target = encodeURIComponent(targetId)
  if (type === 'p2p') return `sessions/p2p/${userId}/${target}`
  if (type === 'group') return `sessions/${target}`
  if (type === 'single') return `sessions/single/${userId}`
  throw new Error('session type is invalid')
}

/** Where people talk: with its members and its messages. */
export class Session {
  readonly sessions: Sessions
  id!: string
  name!: string
  /** Undefined while the group is named after its members. */
  nameChanged: boolean | undefined
  /** `public` or `private` */
  secureType!: string
  /** `p2p`, `group` or `single` */
  type!: string
  description!: string
  /** One space when there is none. */
  avatarUrl!: string
  /** ms */
  createdAt!: number
  /** ms */
  updatedAt!: number
  readonly members: SessionMembers
  readonly messages: Messages
  /** @internal */
  targetId!: string

  /** @internal */
  constructor(sessions: Sessions, row: SessionRow) {
    this.sessions = sessions
    this.update(row)
    this.members = new SessionMembers(this)
    this.messages = new Messages(this)
  }

  /** The line of this session in the list of conversations; undefined when there is none. */
  getConversation(): UserConversation | undefined {
    return this.sessions.user.userConversations.get(this.type, this.targetId)
  }

  /** What localStorage keeps. */
  toJSON(): object {
    const { sessions: _, members: __, messages: ___, ...fields } = this
    return fields
  }

  /** @internal */
  update(row: SessionRow): void {
    this.id = row.id
    this.name = row.name
    this.nameChanged = row.nameChanged
    this.secureType = row.secureType
    this.type = row.type
    this.description = row.description
    this.avatarUrl = avatarOf(row.avatarUrl)
    this.createdAt = msOf(row.createdAt)
    this.updatedAt = msOf(row.updatedAt)
    this.targetId = row.targetId
  }
}
