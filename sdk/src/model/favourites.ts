import type { UserSessionObject } from '../../../shared/wire/favourites.js'
import type { Core } from './core.js'
import { Entity } from './entity.js'
import { SyncedList } from './synced-list.js'

/** A group that the user keeps at hand; the wire calls it userSession. */
export class Favourite extends Entity<UserSessionObject> {
  constructor(
    private readonly core: Core,
    row: UserSessionObject,
  ) {
    super(row)
  }

  get sessionId(): string {
    return this.row.sessionId
  }

  get name(): string {
    return this.row.name
  }

  get avatarUrl(): string {
    return this.row.avatarUrl
  }

  /** Your own name for the group; blank follows the group again. Throws NudgeError. */
  async rename(name: string): Promise<void> {
    await this.core.rest.ask({ method: 'PUT', path: this.#path, json: { name } })
    await this.core.refresh('favourites')
  }

  /** The group itself stays. Throws NudgeError. */
  async remove(): Promise<void> {
    await this.core.rest.ask({ method: 'DELETE', path: this.#path })
    await this.core.refresh('favourites')
  }

  get #path(): string {
    return `users/${this.core.userId()}/userSessions/${this.id}`
  }
}

/** The groups that the user keeps at hand, by name. */
export class Favourites extends SyncedList<UserSessionObject, Favourite> {
  constructor(private readonly core: Core) {
    super({
      name: 'favourites',
      make: (row) => new Favourite(core, row),
      compare: (a, b) => a.name.localeCompare(b.name) || Number(a.id) - Number(b.id),
      onChange: (favourite) => core.events.emit('favourite', favourite),
    })
  }

  /** That of a group. */
  bySession(sessionId: string): Favourite | undefined {
    return this.find((favourite) => favourite.sessionId === sessionId)
  }

  /** Adding one that is there changes nothing. Throws NudgeError. */
  async add(sessionId: string): Promise<Favourite> {
    const path = `users/${this.core.userId()}/userSessions`
    const { id } = await this.core.rest.ask<UserSessionObject>({ method: 'POST', path, json: { sessionId } })
    await this.core.refresh('favourites')
    return this.appear(id)
  }
}
