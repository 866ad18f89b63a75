import type { ListObject, UserObject } from '../../../shared/wire/objects.js'
import type { Core } from './core.js'

/** Somebody else's profile, as much of it as you may see. */
export interface User {
  id: string
  name: string
  avatarUrl: string
  /** Empty unless you are contacts, or found the user by it. */
  account: string
  pinyin: readonly string[]
}

/** Finds people. Asks the server every time: profiles of others are not kept. */
export class Users {
  constructor(private readonly core: Core) {}

  /** By the whole account, or the whole name; whoever has the account comes first. Throws NudgeError. */
  async search(term: string): Promise<User[]> {
    const query = { filter_term: term }
    const list = await this.core.rest.ask<ListObject<UserObject>>({ path: 'users', query })
    return list.entries.map(present)
  }

  /** Asks the server. Throws NudgeError: NotFound. */
  async fetch(userId: string): Promise<User> {
    return present(await this.core.rest.ask<UserObject>({ path: `users/${userId}` }))
  }
}

function present({ id, name, avatarUrl, email, pinyin }: UserObject): User {
  return { id, name, avatarUrl, account: email, pinyin }
}
