import type { ContactObject } from '../../../shared/wire/contacts.js'
import { avatarAddress, avatarOf } from './avatar.js'
import { CachedList, changesOf } from './cached-list.js'
import { answer, type Callback } from './callbacks.js'
import type { CurrentUser } from './current-user.js'
import { globalMinDate, msOf } from './dates.js'
import type { User } from './user.js'

/** The user's contacts. */
export class Contacts {
  readonly user: CurrentUser
  /** ms: what is pulled next is newer. */
  updatedAt: number = globalMinDate
  readonly remote: ContactsRemote
  /** @internal */
  readonly list!: CachedList<ContactObject, Contact>

  constructor(user: CurrentUser) {
    this.user = user
    const list = new CachedList<ContactObject, Contact>({
      context: user.context,
      cacheKey: () => `${user.id}_contacts`,
      keyOf: ({ userId }) => userId,
      make: (row) => new Contact(this, row),
    })
    Object.defineProperty(this, 'list', { value: list, enumerable: false })
    this.remote = new ContactsRemote(this)
  }

  /** Fills the list from localStorage. */
  init(): void {
    this.list.init()
    this.updatedAt = this.list.cursor
  }

  /** By the user's id. Deleted ones too: see `isDelete`. */
  get(userId: string): Contact | undefined {
    return this.list.get(userId)
  }

  /** In the order of the users' ids. */
  getContacts(): Contact[] {
    return this.list.live()
  }
}

/** `contacts.remote` */
export class ContactsRemote {
  readonly #all: Contacts

  /** @internal */
  constructor(all: Contacts) {
    this.#all = all
  }

  /** Pulls what is new. Gives how many came. */
  sync(cb?: Callback<number>): void {
    answer(this.pull(), cb)
  }

  /** Each becomes a contact of the other. Pull afterwards to have it in the list. */
  add(userId: string, name: string, cb?: Callback<ContactObject>): void {
    answer(this.#ask<ContactObject>('POST', '', { userId, name }), cb)
  }

  /** Sends what has been changed of `title` and `remark`; the rest is the other user's own. */
  store(contact: Contact, cb?: Callback<ContactObject>): void {
    const json = changesOf(contact, this.#all.list.rowOf(contact.userId), ['title', 'remark'])
    answer(this.#ask<ContactObject>('PUT', `/${contact.id}`, json), cb)
  }

  /** One-sided: the other one keeps the contact. */
  remove(contactId: string, cb?: Callback<void>): void {
    answer(
      this.#ask('DELETE', `/${contactId}`).then(() => {}),
      cb,
    )
  }

  /** @internal */
  pull(): Promise<number> {
    const all = this.#all
    const { user, list } = all
    return list.inTurn(() =>
      user.context.pull<ContactObject>(
        { path: `users/${user.id}/contacts`, token: user.token, cursor: () => all.updatedAt },
        (rows) => {
          list.take(rows)
          all.updatedAt = Math.max(all.updatedAt, list.cursor)
        },
      ),
    )
  }

  async #ask<T>(method: 'POST' | 'PUT' | 'DELETE', path: string, json?: object): Promise<T> {
    const { user } = this.#all
    const ask = { method, path: `users/${user.id}/contacts${path}`, ...(json && { json }) }
    return user.context.rest(user.token).ask<T>(ask)
  }
}

/** Somebody in the list of contacts. */
export class Contact {
  readonly contacts: Contacts
  id!: string
  /** What the user calls himself. */
  name!: string
  pinyin!: string[]
  /** The remark name, shown instead of the name; empty for none. */
  title!: string
  titlePinyin!: string[]
  remark!: string
  isDelete!: boolean
  /** ms */
  createdAt!: number
  /** ms */
  updatedAt!: number
  userId!: string
  /** One space when there is none. */
  avatarUrl!: string
  /** What is known of the user. */
  user!: User

  /** @internal */
  constructor(contacts: Contacts, row: ContactObject) {
    this.contacts = contacts
    this.update(row)
  }

  /** The remark name, before the user's own. */
  getName(): string {
    return this.title || this.name
  }

  /** An address for `<img>`; null without an avatar. */
  getAvatarUrl(): string | null {
    const { user } = this.contacts
    return avatarAddress(user.context, user.addressToken, this.avatarUrl)
  }

  /** How `getName()` is spelled in Latin letters. */
  getPinYin(): string[] {
    return this.title ? this.titlePinyin : this.pinyin
  }

  /** What localStorage keeps. */
  toJSON(): object {
    const { contacts: _, user: __, ...fields } = this
    return fields
  }

  /** @internal */
  update(row: ContactObject): void {
    this.id = row.id
    this.name = row.name
    this.pinyin = row.pinyin
    this.title = row.title
    this.titlePinyin = row.titlePinyin
    this.remark = row.remark
    this.isDelete = row.isDelete
    this.createdAt = msOf(row.createdAt)
    this.updatedAt = msOf(row.updatedAt)
    this.userId = row.userId
    this.avatarUrl = avatarOf(row.avatarUrl)
    this.user = this.contacts.user.context.users.note({
      id: row.userId,
      name: row.name,
      account: row.email,
      avatarUrl: this.avatarUrl,
      pinyin: row.pinyin,
    })
  }
}
