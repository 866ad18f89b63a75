import type { UserObject } from '../../../shared/wire/objects.js'
import type { Core } from './core.js'
import { Entity } from './entity.js'

/** What of a profile can be changed. Blank clears. */
export interface ProfileChange {
  name?: string
  account?: string
  avatarUrl?: string
  jobTitle?: string
  phone?: string
  address?: string
}

/** Who is logged in. */
export class Me extends Entity<UserObject> {
  constructor(
    private readonly core: Core,
    row: UserObject,
  ) {
    super(row)
  }

  get name(): string {
    return this.row.name
  }

  get account(): string {
    return this.row.email
  }

  get avatarUrl(): string {
    return this.row.avatarUrl
  }

  get jobTitle(): string {
    return this.row.jobTitle
  }

  get phone(): string {
    return this.row.phone
  }

  get address(): string {
    return this.row.address
  }

  /** Shows in the lists of others at once. Throws NudgeError. */
  async update({ account, ...change }: ProfileChange): Promise<void> {
    const json = { ...change, ...(account !== undefined && { email: account }) }
    await this.core.rest.ask({ method: 'PUT', path: `users/${this.id}`, json })
    await this.core.refresh('me')
  }
}
