import { type SelectQueryBuilder, sql } from 'kysely'
import type { ListObject } from '../../shared/wire/objects.js'
import { BEGINNING, type Stamp } from '../../shared/wire/time.js'
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
  /** No row of the scope is above this stamp, nor will be: who has that has everything. Absent: there is no such. */
  lastStamp?(scope: Scope): Stamp | undefined
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

/** Whether it asks for what has changed since, from the first row on: that is nearly always little. */
export function isSeldomLong({ cursor, offset = 0, filterTerm }: PageRequest): boolean {
  return cursor > BEGINNING && offset === 0 && filterTerm === undefined
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
  const lastStamp = collection.lastStamp?.(scope)
  if (lastStamp !== undefined && request.cursor >= lastStamp) return { rows: [], totalCount: 0, isLast: true }

  const limit = Math.min(request.limit ?? collection.defaultLimit ?? DEFAULT_LIMIT, MAX_LIMIT)
  const offset = request.offset ?? 0
  if (offset === 0) {
    const { longColumn } = collection
    const fitting = longColumn ? Math.floor(PAGE_BYTES / longColumn.maxBytes) : MAX_LIMIT
    const most = Math.min(limit, fitting)
    const changed = changedRows(db, collection, scope, request)
    const rows = (await upTo(changed, most).selectAll('row').execute()) as unknown as Row[]
    rows.sort(byStampThenId)
    const isWhole = rows.length < most
    // Nearly always: few rows have changed, or not so many are wanted that they could be too long.
    if (isWhole || most === limit) {
      const page = longColumn ? cutToSize(rows, sizesOf(longColumn.name)) : rows
      const totalCount = isWhole ? rows.length : await count(changed)
      return { rows: page, totalCount, isLast: isWhole && page.length === rows.length }
    }
  }
  return inSnapshot(db, (snapshot) => pullByKeys(snapshot, collection, scope, { ...request, limit, offset }))
}

/**
 * The same for what an offset skips, or what may be too long for a page: the page is found by its keys, so that no
 * more is read than is given. Give it a snapshot, or rows that change between the two would be missing.
 */
async function pullByKeys<Scope, Row extends SyncedRow, Wire>(
  db: Db,
  collection: Collection<Scope, Row, Wire>,
  scope: Scope,
  request: PageRequest & { limit: number; offset: number },
): Promise<Page<Row>> {
  const { limit, offset } = request
  const { longColumn } = collection
  const changed = changedRows(db, collection, scope, request)
  const length = longColumn
    ? sql<number>`coalesce(octet_length(${sql.ref(`row.${longColumn.name}`)}), 0)`
    : sql<number>`0`
  const found = await upTo(changed, offset + limit)
    .select(['row.id', 'row.v', length.as('length')])
    .execute()
  found.sort(byStampThenId)
  const isWhole = found.length < offset + limit
  const wanted = found.slice(offset)
  const keys = cutToSize(wanted, { stamp: ({ v }) => v, bytes: (row) => row.length })
  const ids = keys.map(({ id }) => id)
  const rows = ids.length > 0 ? await changed.selectAll('row').where('row.id', 'in', ids).execute() : []
  return {
    rows: (rows as unknown as Row[]).sort(byStampThenId),
    totalCount: isWhole ? found.length : await count(changed),
    isLast: isWhole && keys.length === wanted.length,
  }
}

function changedRows<Scope, Row extends SyncedRow, Wire>(
  db: Db,
  collection: Collection<Scope, Row, Wire>,
  scope: Scope,
  { cursor, filterTerm }: PageRequest,
) {
  const source = collection.rows(db, scope) as SelectQueryBuilder<Database, never, SyncedRow>
  const changed = db.selectFrom(source.as('row')).where('row.v', '>', String(cursor))
  const columns = collection.filterColumns
  if (filterTerm === undefined || !columns) return changed
  return changed.where((eb) =>
    eb.or(columns.map((column) => sql<boolean>`${sql.ref(`row.${column}`)}::text = ${filterTerm}`)),
  )
}

/** Ordered by the stamp alone: with a tie-breaker in ORDER BY no two rows would tie, and stamps would split. */
function upTo(changed: ReturnType<typeof changedRows>, count: number) {
  return changed.orderBy('row.v').fetch(count, 'with ties')
}

function sizesOf<Row extends SyncedRow>(column: keyof Row & string) {
  return {
    stamp: ({ v }: Row) => v,
    bytes: (row: Row) => Buffer.byteLength(String(row[column] ?? '')),
  }
}

/** Runs queries that see the database at one moment. */
function inSnapshot<T>(db: Db, read: (snapshot: Db) => Promise<T>): Promise<T> {
  if (db.isTransaction) return read(db)
  return db.transaction().setIsolationLevel('repeatable read').setAccessMode('read only').execute(read)
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
