import type { ListObject } from '../../../shared/wire/objects.js'
import type { Rest } from '../http/rest.js'
import type { Entity, Row } from '../model/entity.js'
import type { SyncedList } from '../model/synced-list.js'
import type { Replica } from '../store/replica.js'
import type { Write } from '../store/storage.js'

/** As many rows as the server gives at a time. */
const PAGE = 1000

/**
 * Pulls a list's delta, page by page: rows and cursor are committed together, so that it goes on exactly there after a
 * crash. The server never splits a stamp between pages, which makes the cursor alone enough (design I1).
 */
export async function pullList<R extends Row>(
  rest: Rest,
  replica: Replica,
  list: SyncedList<R, Entity<R>>,
  path: string,
  /** More that belongs to a page: committed with it. */
  also: (rows: readonly R[], cursorBefore: number | undefined, isLast: boolean) => Write[] = () => [],
): Promise<void> {
  // Only another tab looks at it: this one has not read yet what is held.
  if (!list.isHeld) await list.restore(replica)
  for (;;) {
    const cursor = list.cursor
    const { entries, total_count } = await rest.ask<ListObject<R>>({
      path,
      query: { limit: PAGE },
      cursor: cursor ?? 0,
    })
    const isLast = entries.length === 0 || entries.length >= total_count
    if (entries.length > 0 || cursor === undefined) {
      const more = also(entries, cursor, isLast)
      await replica.commit([...list.writesOf(entries), ...more])
    }
    // A cursor that stays where it was: the account was left, and what is committed goes nowhere.
    if (isLast || list.cursor === cursor) return
  }
}
