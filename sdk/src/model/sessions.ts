import type { SessionObject } from '../../../shared/wire/objects.js'
import type { SessionEntryObject } from '../../../shared/wire/sessions.js'
import type { Core } from './core.js'
import { Session } from './session.js'
import { SyncedList } from './synced-list.js'

/** The sessions the user is in. */
export class Sessions extends SyncedList<SessionEntryObject, Session> {
  #byId = new Map<string, Session>()

  constructor(private readonly core: Core) {
    super({
      name: 'sessions',
      make: (row) => {
        const session = new Session(core, row)
        this.#byId.set(row.id, session)
        return session
      },
      compare: (a, b) => Number(a.id) - Number(b.id),
      onChange: (session) => core.events.emit('session', session),
    })
  }

  /** Also one that is over: its past can be read. */
  override get(id: string): Session | undefined {
    return this.#byId.get(id)
  }

  /** With another user; made when there is none. Throws NudgeError. */
  async p2p(userId: string): Promise<Session> {
    return this.core.p2pSession(userId) ?? this.#fetch(`sessions/p2p/${this.core.userId()}/${userId}`)
  }

  /** With one's own other devices; made when there is none. Throws NudgeError. */
  async own(): Promise<Session> {
    const known = this.find((session) => session.type === 'single')
    return known ?? this.#fetch(`sessions/single/${this.core.userId()}`)
  }

  /**
   * A new group, run by its creator. Unnamed, it is called after its first members. Throws NudgeError; then the group
   * may be there with some of the members.
   */
  async createGroup({ name, avatarUrl, members = [] }: NewGroup = {}): Promise<Session> {
    const { rest } = this.core
    const json = {
      type: 'group',
      ...(name !== undefined && { name, nameChanged: true }),
      ...(avatarUrl !== undefined && { avatarUrl }),
    }
    const { id } = await rest.ask<SessionObject>({ method: 'POST', path: 'sessions', json })
    const path = `sessions/${id}/members`
    await rest.ask({ method: 'POST', path, json: { userId: this.core.userId(), role: 'master' } })
    for (const userId of members) await rest.ask({ method: 'POST', path, json: { userId } })
    await this.core.refresh('sessions', 'conversations')
    return this.appear(id)
  }

  override clear(): void {
    this.#byId.clear()
    super.clear()
  }

  async #fetch(path: string): Promise<Session> {
    const { id } = await this.core.rest.ask<SessionObject>({ path })
    await this.core.refresh('sessions', 'conversations')
    return this.appear(id)
  }
}

/** What `sessions.createGroup` takes; nothing must be given. */
export interface NewGroup {
  name?: string
  avatarUrl?: string
  /** User ids. */
  members?: string[]
}
