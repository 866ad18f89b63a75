import type { ListObject, LoginObject, UserObject } from '../../../shared/wire/objects.js'
import { answer, type Callback } from './callbacks.js'
import type { Context } from './context.js'
import { CurrentUser, type CurrentUserFields } from './current-user.js'
import { md5Password } from './md5-password.js'
import { User, type UserFields } from './user.js'

const CURRENT = 'currentUserId'

/** The users this page knows, the current one among them. There is one: `Users.getInstance()`. */
export class Users {
  /** What asks the server. */
  readonly remote: UsersRemote
  readonly #context: Context
  #list = new Map<string, User>()
  #current: CurrentUser | undefined
  #isChanged = false

  /** @internal */
  constructor(context: Context) {
    this.#context = context
    this.remote = new UsersRemote(context)
  }

  /**
   * Who logged in, on this page or on one before it: with the conversations, contacts, groups and sessions that
   * localStorage holds. Throws when nobody has.
   */
  getCurrentUser(): CurrentUser {
    const { cache } = this.#context
    const id = cache.read<string>(CURRENT)
    if (id !== undefined && this.#current?.id === id) return this.#current
    const fields = id === undefined ? undefined : cache.read<CurrentUserFields>(id)
    if (id === undefined || !fields) throw new Error('currentUserId is null, pls relogin!')
    this.#list.clear()
    const token = () => this.#current?.addressToken
    for (const user of cache.read<UserFields[]>(`${id}_users`) ?? []) {
      this.#list.set(user.id, new User(this.#context, user, token))
    }
    const current = new CurrentUser(this.#context, fields)
    this.#current = current
    this.#list.set(id, current)
    current.init()
    this.save()
    return current
  }

  /** Undefined for somebody this page has not heard of. */
  get(id: string): User | undefined {
    return this.#list.get(id)
  }

  /** By id. */
  getUsers(): Record<string, User> {
    return Object.fromEntries(this.#list)
  }

  /** Makes somebody known. Throws when he is. */
  create(id: string, name: string, account?: string | null, avatarUrl?: string): User {
    if (this.#list.has(id)) throw new Error('can not create the user, because the user is exist')
    const fields = { id, name, account: account ?? null, avatarUrl: avatarUrl ?? ' ' }
    const user = new User(this.#context, fields, () => this.#current?.addressToken)
    this.#list.set(id, user)
    this.#isChanged = true
    this.save()
    return user
  }

  /** @internal What a row of a list says about somebody. Kept with the list: see `save`. */
  note({ id, name, account, avatarUrl, pinyin }: UserFields): User {
    const known = this.#list.get(id)
    if (!known) {
      const fields: UserFields = { id, ...(name !== undefined && { name }), account: account ?? null }
      if (avatarUrl !== undefined) fields.avatarUrl = avatarUrl
      if (pinyin !== undefined) fields.pinyin = pinyin
      const user = new User(this.#context, fields, () => this.#current?.addressToken)
      this.#list.set(id, user)
      this.#isChanged = true
      return user
    }
    // Of oneself more is known than that.
    if (known !== this.#current) {
      const fresh = {
        ...known.toJSON(),
        ...(name && { name }),
        ...(avatarUrl !== undefined && { avatarUrl }),
      }
      known.set({ ...fresh, ...(account && { account }), ...(pinyin && { pinyin }) })
      this.#isChanged = true
    }
    return known
  }

  /** @internal */
  save(): void {
    if (!this.#isChanged || !this.#current) return
    this.#isChanged = false
    const others = [...this.#list.values()].filter((user) => user !== this.#current)
    this.#context.cache.write(`${this.#current.id}_users`, others)
  }

  /** @internal */
  loggedIn(login: LoginObject): void {
    const { cache } = this.#context
    cache.write(login.id, login)
    cache.write(CURRENT, login.id)
    // Who holds the current user goes on with the new token.
    if (this.#current?.id === login.id) this.#current.take(login)
  }

  /** @internal */
  keep(user: CurrentUser): void {
    if (this.#current === user) this.#context.cache.write(user.id, user)
  }

  /** @internal */
  loggedOut(user: CurrentUser): void {
    const { cache } = this.#context
    if (cache.read<string>(CURRENT) === user.id) cache.write(CURRENT, undefined)
    cache.write(user.id, undefined)
    if (this.#current === user) this.#current = undefined
  }

  /** @internal */
  get current(): CurrentUser | undefined {
    return this.#current
  }

  /** @internal Somebody who is not in the list: nobody may be logged in. */
  present(row: UserObject): User {
    return new User(this.#context, row, () => this.#current?.addressToken)
  }
}

/** `Users.getInstance().remote` */
export class UsersRemote {
  readonly #context: Context

  /** @internal */
  constructor(context: Context) {
    this.#context = context
  }

  /** Creates an account, without logging in. */
  register(account: string, password: string, name: string, cb?: Callback<User>): void {
    answer(this.#register(account, password, name), cb)
  }

  /** Logs in. The login is kept in localStorage, for `getCurrentUser()` on the next page. */
  login(account: string, password: string, cb?: Callback<LoginObject>): void {
    answer(this.#login(account, password), cb)
  }

  /**
   * Somebody by his whole account. Null, and no error, when there is nobody.
   *
   * @param token null when somebody is logged in
   */
  search(account: string, token: string | null | undefined, cb?: Callback<User | null>): void {
    answer(this.#search(account, token ?? undefined), cb)
  }

  async #register(email: string, password: string, name: string): Promise<User> {
    const json = { email, password: md5Password(password), name, ...this.#app }
    const row = await this.#context
      .rest()
      .ask<UserObject>({ method: 'POST', path: 'users/register', isPublic: true, json })
    return this.#context.users.present(row)
  }

  async #login(email: string, password: string): Promise<LoginObject> {
    const json = { email, password: md5Password(password), ...this.#app }
    const login = await this.#context
      .rest()
      .ask<LoginObject>({ method: 'POST', path: 'users/login', isPublic: true, json })
    this.#context.users.loggedIn(login)
    return login
  }

  async #search(account: string, token: string | undefined): Promise<User | null> {
    const { users } = this.#context
    const list = await this.#context.rest(token ?? users.current?.token).ask<ListObject<UserObject>>({
      path: 'users',
      query: { filter_term: account.trim().toLowerCase() },
    })
    const row = list.entries[0]
    if (!row) return null
    const { id, name, email, avatarUrl, pinyin } = row
    if (!users.current) return users.present(row)
    const user = users.note({ id, name, account: email, avatarUrl, pinyin })
    users.save()
    return user
  }

  get #app(): { appKey?: string } {
    const { appKey } = this.#context.options
    return appKey === undefined ? {} : { appKey }
  }
}
