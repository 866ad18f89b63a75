import type { UserObject } from '../../../shared/wire/objects.js'
import { avatarAddress, avatarOf } from './avatar.js'
import type { Context } from './context.js'
import { msOf } from './dates.js'

/** What is known of a user: a row of the server, or what a contact or a member tells. */
export type UserFields = Partial<Omit<UserObject, 'createdAt' | 'updatedAt'>> & {
  id: string
  account?: string | null
  createdAt?: string | number
  updatedAt?: string | number
}

/** Somebody this page has heard of. */
export class User {
  id!: string
  name!: string
  pinyin: string[] | undefined
  /** What is logged in with. Known of oneself, of contacts, and of who was searched for. */
  account: string | undefined
  /** One space when there is none. */
  avatarUrl!: string
  role: string | undefined
  jobTitle: string | undefined
  phone: string | undefined
  address: string | undefined
  status: string | undefined
  /** ms */
  createdAt!: number
  /** ms */
  updatedAt!: number
  readonly #context: Context
  readonly #token: () => string | undefined

  /** @internal */
  constructor(context: Context, fields: UserFields, token: () => string | undefined) {
    this.#context = context
    this.#token = token
    this.set(fields)
  }

  /** An address for `<img>`; null without an avatar. */
  getAvatarUrl(): string | null {
    return avatarAddress(this.#context, this.#token(), this.avatarUrl)
  }

  /** What localStorage keeps. */
  toJSON(): UserFields {
    const { id, name, pinyin, account, avatarUrl, role, jobTitle, phone, address, status } = this
    const { createdAt, updatedAt } = this
    return {
      id,
      name,
      account: account ?? null,
      avatarUrl,
      createdAt,
      updatedAt,
      ...(pinyin && { pinyin }),
      ...(role !== undefined && { role }),
      ...(jobTitle !== undefined && { jobTitle }),
      ...(phone !== undefined && { phone }),
      ...(address !== undefined && { address }),
      ...(status !== undefined && { status }),
    }
  }

  /** @internal */
  set(fields: UserFields): void {
    this.id = fields.id
    this.name = fields.name ?? ''
    this.pinyin = fields.pinyin
    this.account = fields.account ?? fields.email
    this.avatarUrl = avatarOf(fields.avatarUrl)
    this.role = fields.role
    this.jobTitle = fields.jobTitle
    this.phone = fields.phone
    this.address = fields.address
    this.status = fields.status
    this.createdAt = msOf(fields.createdAt)
    this.updatedAt = msOf(fields.updatedAt)
  }
}
