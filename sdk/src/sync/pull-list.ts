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
  also: (rows: readonly R[], cursorBefore: number | undefined) => Write[] = () => [],
): Promise<void> {
  for (;;) {
    const cursor = list.cursor
    const { entries, total_count } = await rest.ask<ListObject<R>>({
      path,
      query: { limit: PAGE },
      cursor: cursor ?? 0,
    })
    const isFirst = cursor === undefined
    if (entries.length > 0 || isFirst) {
      const more = also(entries, cursor)
      await replica.commit([...list.writesOf(entries), ...more])
    }
    if (entries.length === 0 || entries.length >= total_count) return
  }
}
