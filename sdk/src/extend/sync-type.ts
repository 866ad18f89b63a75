import { Entity, type Row } from '../model/entity.js'

/** A row of a sync type of your own: an `id` and `updatedAt` (ISO-8601), and `isDelete` for tombstones. */
export type CustomRow = Row

/** What a product added to the server (docs/extending.md), as the client sees it. */
export interface SyncType<R extends CustomRow> {
  /** What notifications name, as on the server: `{"syncs":[{"type":"note"}]}`. */
  readonly type: string
  readonly scope: 'user' | 'session'
  /** Below `/v1/`; `id` is that of the user or the session. */
  path(id: string): string
  /** The order of the list, as for `sort`. */
  compare(a: R, b: R): number
}

interface Common<R extends CustomRow> {
  type: string
  /** The order of the list; by id unless given. */
  compare?(a: R, b: R): number
}

/** What `defineSyncType` takes: `path` for rows of the user, `sessionPath` for those of a session, below `/v1/`. */
export type SyncTypeSpec<R extends CustomRow> =
  | (Common<R> & { path(userId: string): string; sessionPath?: undefined })
  | (Common<R> & { sessionPath(sessionId: string): string; path?: undefined })

/**
 * A collection of your own, kept in step like messages and contacts: pulled by its cursor with every connect and
 * whenever it is announced.
 *
 * @example
 * interface Note { id: string; text: string; isDelete: boolean; updatedAt: string }
 * const notes = defineSyncType<Note>({ type: 'note', path: (userId) => `users/${userId}/notes` })
 * const client = createClient({ url, syncTypes: [notes] })
 * client.synced(notes).items // Synced<Note>[], up to date
 */
export function defineSyncType<R extends CustomRow>(spec: SyncTypeSpec<R>): SyncType<R> {
  return {
    type: spec.type,
    scope: spec.path ? 'user' : 'session',
    path: (id) => (spec.path ?? spec.sessionPath)(id),
    compare: spec.compare ?? ((a, b) => Number(a.id) - Number(b.id)),
  }
}

/** One row of it; `row` is as the server gave it. */
export class Synced<R extends CustomRow> extends Entity<R> {}

/** A sync type, whatever its rows. */
// biome-ignore lint/suspicious/noExplicitAny: each sync type knows its own rows
export type AnySyncType = SyncType<any>
