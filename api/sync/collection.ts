import { type SelectQueryBuilder, sql } from 'kysely'
import type { ListObject } from '../../shared/wire/objects.js'
import type { Stamp } from '../../shared/wire/time.js'
import type { Database, Db } from '../database/database.js'

/** What every row of a collection has: a stable id, and the stamp of its last change as its reader sees it. */
export interface SyncedRow {
  id: string
  v: string
}

/**
 * A declared collection. The engine gives it the delta: rows whose stamp is above the reader's cursor,
 * tombstones included, ascending, never splitting a stamp between pages.
 */
export interface Collection<Scope, Row extends SyncedRow, Wire> {
  name: string
  /** All rows of the scope, each with `id` and `v`; the engine filters, orders and cuts. */
  // biome-ignore lint/suspicious/noExplicitAny: the tables joined inside are the collection's own business
  rows(db: Db, scope: Scope): SelectQueryBuilder<any, any, Row>
  present(row: Row, scope: Scope): Wire
  /** Columns that `filter_term` is compared with, for equality. */
  filterColumns?: (keyof Row & string)[]
  /** Rows a page holds when the reader does not say. */
  defaultLimit?: number
  /** A text column that may be long: a page ends where it would hold more than PAGE_BYTES of it. */
  longColumn?: { name: keyof Row & string; maxBytes: number }
}

/** `cursor`: the largest stamp the reader has seen. `offset` counts within the same cursor. */
export interface PageRequest {
  cursor: Stamp
  limit?: number | undefined
  offset?: number | undefined
  filterTerm?: string | undefined
}

export interface Page<Row> {
  rows: Row[]
  /** Rows after the cursor, before paging. */
  totalCount: number
  /** Nothing was left behind this page when it was read. May be false when it ends exactly there. */
  isLast: boolean
}

export const DEFAULT_LIMIT = 100
export const MAX_LIMIT = 1000
/** What a page may hold of long texts (UTF-8). One stamp may be larger by itself, and is given whole. */
export const PAGE_BYTES = 8 * 1024 * 1024

/**
 * Of a page in its order, what fits into PAGE_BYTES: whole stamps, at least the first, and as many as hold
 * `minRows`.
 */
export function cutToSize<Row>(
  rows: Row[],
  of: { stamp(row: Row): string; bytes(row: Row): number },
  minRows = 1,
): Row[] {
  let bytes = 0
  let end = 0
  for (const [n, row] of rows.entries()) {
    // A stamp begins here: what is before it may be a page.
    if (n > 0 && of.stamp(row) !== of.stamp(rows[n - 1] as Row)) end = n
    bytes += of.bytes(row)
    if (bytes > PAGE_BYTES && end >= minRows) return rows.slice(0, end)
  }
  return rows
}

/**
 * The rows changed after `cursor`, ascending by stamp. A page ends with a whole stamp, so it may be longer than
 * `limit`, and shorter where rows are long: the reader goes on with its new cursor.
 */
export async function pull<Scope, Row extends SyncedRow, Wire>(
  db: Db,
  collection: Collection<Scope, Row, Wire>,
  scope: Scope,
  request: PageRequest,
): Promise<Page<Row>> {
  const limit = Math.min(request.limit ?? collection.defaultLimit ?? DEFAULT_LIMIT, MAX_LIMIT)
  const offset = request.offset ?? 0
  const source = collection.rows(db, scope) as SelectQueryBuilder<Database, never, SyncedRow>

  let changed = db.selectFrom(source.as('row')).where('row.v', '>', String(request.cursor))
  const { filterTerm } = request
  if (filterTerm !== undefined && collection.filterColumns) {
    const columns = collection.filterColumns
    changed = changed.where((eb) =>
      eb.or(columns.map((column) => sql<boolean>`${sql.ref(`row.${column}`)}::text = ${filterTerm}`)),
    )
  }

  const { longColumn } = collection
  const length = longColumn ? sql<number>`octet_length(${sql.ref(`row.${longColumn.name}`)})` : sql<number>`0`
  // What an offset skips, or what is too long for the page, is not read: the page is found by its keys.
  const byKeys = offset > 0 || (longColumn !== undefined && limit * longColumn.maxBytes > PAGE_BYTES)

  // Ordered by the stamp alone: with a tie-breaker in ORDER BY no two rows would tie, and stamps would split.
  const upToPage = changed.orderBy('row.v').fetch(offset + limit, 'with ties')
  const found = (await (byKeys
    ? upToPage.select(['row.id', 'row.v', length.as('length')])
    : upToPage.selectAll('row')
  ).execute()) as (Row & { length: number })[]
  found.sort(byStampThenId)
  const isWhole = found.length < offset + limit
  const totalCount = isWhole ? found.length : await count(changed)

  const wanted = found.slice(offset)
  const page = longColumn
    ? cutToSize(wanted, {
        stamp: ({ v }) => v,
        bytes: (row) => (byKeys ? row.length : Buffer.byteLength(String(row[longColumn.name]))),
      })
    : wanted
  const rows = byKeys ? await readWhole(changed, page) : page
  return { rows, totalCount, isLast: isWhole && rows.length === wanted.length }

  /** Rows that changed meanwhile come with their new stamp. */
  async function readWhole(query: typeof changed, keys: SyncedRow[]): Promise<Row[]> {
    const last = keys.at(-1)
    if (!last) return []
    const whole = await query
      .selectAll('row')
      .where(
        'row.id',
        'in',
        keys.map(({ id }) => id),
      )
      .where('row.v', '<=', last.v)
      .execute()
    return (whole as unknown as Row[]).sort(byStampThenId)
  }
}

/** The wire's list envelope for a page. */
export async function list<Scope, Row extends SyncedRow, Wire>(
  db: Db,
  collection: Collection<Scope, Row, Wire>,
  scope: Scope,
  request: PageRequest,
): Promise<ListObject<Wire>> {
  const page = await pull(db, collection, scope, request)
  return { total_count: page.totalCount, entries: page.rows.map((row) => collection.present(row, scope)) }
}

/** The one row of a scope that has one, as its reader is given it. */
export async function findEntry<Scope, Row extends SyncedRow, Wire>(
  db: Db,
  collection: Collection<Scope, Row, Wire>,
  scope: Scope,
): Promise<Wire | undefined> {
  const row = (await collection.rows(db, scope).executeTakeFirst()) as Row | undefined
  return row && collection.present(row, scope)
}

async function count(query: SelectQueryBuilder<Database, never, unknown>): Promise<number> {
  const { total } = await query
    .select(sql<string>`count(*)`.as('total'))
    .$castTo<{ total: string }>()
    .executeTakeFirstOrThrow()
  return Number(total)
}

/** Ids grow in the order rows were stored, so this is also the order inside a stamp. */
function byStampThenId(a: SyncedRow, b: SyncedRow): number {
  return Number(a.v) - Number(b.v) || Number(a.id) - Number(b.id)
}
