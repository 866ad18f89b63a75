import { type CustomRow, Synced, type SyncType } from '../extend/sync-type.js'
import type { Core } from './core.js'
import { SyncedList } from './synced-list.js'

/** The rows of a sync type of the app's own: one user's, or one session's. */
export class CustomList<R extends CustomRow> extends SyncedList<R, Synced<R>> {
  constructor(
    private readonly core: Core,
    readonly syncType: SyncType<R>,
    /** Of the session; undefined: of whoever is logged in. */
    private readonly sessionId: string | undefined,
  ) {
    super({
      name: customName(syncType.type, sessionId),
      make: (row) => new Synced(row),
      compare: (a, b) => syncType.compare(a.row, b.row),
    })
  }

  /** Where it is on the server, below `/v1/`. */
  get path(): string {
    return this.syncType.path(this.sessionId ?? this.core.userId())
  }

  /** Pulls what is new. Throws NudgeError. */
  sync(): Promise<void> {
    return this.core.pull(this.name)
  }

  /** `POST` of the collection. Throws NudgeError. */
  async add(body: object): Promise<R> {
    return this.#write('POST', this.path, body)
  }

  /** `PUT` of one row. Throws NudgeError. */
  async change(id: string, body: object): Promise<R> {
    return this.#write('PUT', `${this.path}/${id}`, body)
  }

  /** `DELETE` of one row. Throws NudgeError. */
  async remove(id: string): Promise<void> {
    await this.#write('DELETE', `${this.path}/${id}`)
  }

  async #write(method: 'POST' | 'PUT' | 'DELETE', path: string, json?: object): Promise<R> {
    const row = await this.core.rest.ask<R>({ method, path, ...(json && { json }) })
    await this.core.refresh(this.name)
    return row
  }
}

export function customName(type: string, sessionId: string | undefined): string {
  return sessionId === undefined ? `custom/${type}` : `custom/${type}/${sessionId}`
}
