import type { LoginObject, TokenObject, UserObject } from '../../../shared/wire/objects.js'
import { NudgeError } from '../errors.js'
import { Attachments } from './attachments.js'
import type { Y2wIMBridge } from './bridge.js'
import { changesOf } from './cached-list.js'
import { answer, type Callback } from './callbacks.js'
import { Contacts } from './contacts.js'
import type { Context } from './context.js'
import { type Session, Sessions } from './sessions.js'
import { rootOf } from './settings.js'
import { User, type UserFields } from './user.js'
import { UserConversations } from './user-conversations.js'
import { UserSessions } from './user-sessions.js'

/** The login as localStorage keeps it. */
export type CurrentUserFields = UserFields & {
  key?: string
  secret?: string
  token?: string
  fileToken?: string
  imToken?: string
}

/** Who is logged in, and all that belongs to him. See `Users.getInstance().getCurrentUser()`. */
export class CurrentUser extends User {
  appKey!: string
  /** What an imToken is bought with; it goes stale after about two days, and is no longer needed then. */
  secret!: string
  /** For the business API. */
  token!: string
  /** For addresses of pictures and files, which people copy. */
  fileToken: string | undefined
  /** For push; see `remote.syncIMToken`. */
  imToken: string | undefined
  readonly userConversations: UserConversations
  readonly contacts: Contacts
  readonly sessions: Sessions
  readonly userSessions: UserSessions
  /** The vendor's spelling of `attachments`. */
  readonly attchments: Attachments
  readonly attachments: Attachments
  readonly remote: CurrentUserRemote
  /** The one that is open on the screen. Set it: its messages are kept up to date then. */
  currentSession: Session | undefined
  /** Set by `new y2wIMBridge(currentUser)`. */
  y2wIMBridge: Y2wIMBridge | undefined
  /** @internal */
  readonly context!: Context
  #row: CurrentUserFields

  /** @internal */
  constructor(context: Context, fields: CurrentUserFields) {
    super(context, fields, () => this.addressToken)
    // Hidden, so that whoever walks over the properties finds those of the document.
    Object.defineProperty(this, 'context', { value: context, enumerable: false })
    this.#row = fields
    this.#takeTokens(fields)
    this.userConversations = new UserConversations(this)
    this.contacts = new Contacts(this)
    this.sessions = new Sessions(this)
    this.userSessions = new UserSessions(this)
    this.attachments = new Attachments(this)
    this.attchments = this.attachments
    this.remote = new CurrentUserRemote(this)
  }

  /** Fills everything from localStorage. Done by `getCurrentUser()`. */
  init(): void {
    this.contacts.init()
    this.userConversations.init()
    this.sessions.init()
    this.userSessions.init()
  }

  /** What the old main page began with: gets an imToken and makes the bridge. */
  y2wIMInit(cb?: Callback<Y2wIMBridge>): void {
    answer(
      this.remote.freshImToken().then(() => this.context.newBridge(this)),
      cb,
    )
  }

  /** Disconnects and forgets the login on this device. What the lists keep stays for the next login. */
  logout(cb?: Callback<void>): void {
    this.y2wIMBridge?.disconnect()
    this.context.users.loggedOut(this)
    answer(Promise.resolve(), cb)
  }

  /** What localStorage keeps. */
  override toJSON(): CurrentUserFields {
    const { appKey, secret, token, fileToken, imToken } = this
    return {
      ...super.toJSON(),
      ...{ key: appKey, secret, token },
      ...(fileToken !== undefined && { fileToken }),
      ...(imToken !== undefined && { imToken }),
    }
  }

  /** @internal What addresses of pictures carry. Logins that localStorage kept before have no token of that kind. */
  get addressToken(): string {
    return this.fileToken ?? this.token
  }

  /** @internal A new login of the same user. */
  take(login: LoginObject): void {
    this.set(login)
    this.#row = login
    this.#takeTokens(login)
  }

  /** @internal What has been changed here since the server said what it is. */
  changes(): Partial<UserObject> {
    const { account: email, name, role, jobTitle, phone, address, status, avatarUrl } = this
    const row = {
      ...this.#row,
      email: this.#row.email ?? this.#row.account,
      avatarUrl: this.#row.avatarUrl || ' ',
    }
    return changesOf(
      { email, name, role, jobTitle, phone, address, status, avatarUrl } as Partial<UserObject>,
      row,
      ['email', 'name', 'role', 'jobTitle', 'phone', 'address', 'status', 'avatarUrl'],
    )
  }

  /** @internal */
  stored(row: UserObject): void {
    this.#row = row
    this.set(row)
  }

  #takeTokens({ key, secret, token, fileToken, imToken }: CurrentUserFields): void {
    this.appKey = key ?? ''
    this.secret = secret ?? ''
    this.token = token ?? ''
    this.fileToken = fileToken
    this.imToken = imToken
  }
}

/** `currentUser.remote` */
export class CurrentUserRemote {
  readonly #user: CurrentUser

  /** @internal */
  constructor(user: CurrentUser) {
    this.#user = user
  }

  /** Sends what has been changed of the own profile: name, account, jobTitle, phone, address, avatarUrl. */
  store(cb?: Callback<UserObject>): void {
    answer(this.#store(), cb)
  }

  /** Gets an imToken: what push is connected to with. */
  syncIMToken(cb?: Callback<string>): void {
    answer(this.freshImToken(), cb)
  }

  /** @internal */
  async freshImToken(): Promise<string> {
    const { access_token } = await this.#askForToken()
    this.#user.imToken = access_token
    this.#user.context.users.keep(this.#user)
    return access_token
  }

  async #store(): Promise<UserObject> {
    const user = this.#user
    const json = user.changes()
    const path = `users/${user.id}`
    const row = await user.context.rest(user.token).ask<UserObject>({ method: 'PUT', path, json })
    user.stored({ ...(user.toJSON() as Partial<UserObject>), ...row })
    user.context.users.keep(user)
    return row
  }

  async #askForToken(): Promise<TokenObject> {
    const { context, appKey, secret, token } = this.#user
    const { authorizeUrl } = context.options
    const root = authorizeUrl?.replace(/\/+$/, '') ?? rootOf(context.options)
    const json = { grant_type: 'client_credentials', client_id: appKey, client_secret: secret }
    try {
      return await context.rest(token, root).ask<TokenObject>({ method: 'POST', path: '/oauth/token', json })
    } catch (error) {
      if (!(error instanceof NudgeError) || error.status !== 400) throw error
      // The secret has gone stale. The old client logged in again for this; the token of the login is enough.
      return context.rest(token).ask<TokenObject>({ method: 'POST', path: 'users/imToken', json: {} })
    }
  }
}
