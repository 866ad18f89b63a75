import { Router } from 'express'
import { type Kysely, type Migration, sql } from 'kysely'
import { z } from 'zod'
import { AppError } from '../../shared/server/app-error.js'
import { Id } from '../../shared/wire/ids.js'
import { listOf, Nothing } from '../../shared/wire/objects.js'
import { type Stamp, toIso } from '../../shared/wire/time.js'
import { announce, ownCollectionChanged } from '../announce/announce.js'
import type { Context } from '../context.js'
import type { Db, Trx } from '../database/database.js'
import { ListQuery, pageRequest, route } from '../http/route.js'
import type { Viewer } from '../http/viewer.js'
import { type Collection, list, type SyncedRow } from '../sync/collection.js'
import { write } from '../sync/write.js'
import { requireOwner } from '../users/users.js'
import type { Extension } from './extension.js'

/** The columns that every owned table has, as pg gives them. */
export interface OwnedRow extends SyncedRow {
  user_id: string
  is_deleted: boolean
  created_at: string
}

/** What a change is about to do: `row` is what is there now, undefined when something is added. */
export interface OwnedChange<Columns> {
  viewer: Viewer
  userId: string
  columns: Columns
  row: (OwnedRow & Columns) | undefined
}

export interface OwnedCollectionSpec<
  Columns extends object,
  Body extends z.ZodType,
  Entry extends z.ZodRawShape,
> {
  /** The extension's name. */
  name: string
  /** `/v1/users/:userId/<path>` */
  path: string
  /** What notifications name: `{ syncs: [{ type: <syncType> }] }`. */
  syncType: string
  table: string
  /** The table's own columns with their SQL types, as the first step of its schema makes them; never edited. */
  columns: { [Column in keyof Columns]?: string }
  /** Further steps of its schema, `2` and on; the columns that they add are not in `columns`. */
  migrations?: Record<string, Migration>
  /** What POST and PUT take. */
  body: Body
  /** The fields of an entry besides `id`, `isDelete`, `createdAt` and `updatedAt`. */
  entry: z.ZodObject<Entry>
  toColumns(body: z.output<Body>): Columns
  /** What a deleted row keeps: its tombstone is given out for ever. */
  blank: Columns
  present(row: NoInfer<OwnedRow & Columns>): NoInfer<z.input<z.ZodObject<Entry>>>
  /** Columns that `filter_term` is compared with. */
  filterColumns?: (keyof Columns & string)[]
  /**
   * A rule of its own for what is added or replaced. It runs under the stamp: no other writer of the app can
   * change what it reads. Throws AppError.
   */
  check?(trx: Trx, change: NoInfer<OwnedChange<Columns>>): Promise<void>
}

/**
 * A collection that belongs to one user: table, delta, POST, PUT, DELETE, tombstones, stamps, announcement and
 * documentation from one declaration. Its owner and administrators of the app see and change it.
 */
export function ownedCollection<Columns extends object, Body extends z.ZodType, Entry extends z.ZodRawShape>(
  spec: OwnedCollectionSpec<Columns, Body, Entry>,
): Extension {
  type Row = OwnedRow & Columns
  const { table, syncType } = spec
  const title = table.charAt(0).toUpperCase() + table.slice(1).replace(/_(.)/g, (_, c) => c.toUpperCase())
  const Entry = spec.entry.extend({
    id: Id,
    isDelete: z.boolean(),
    createdAt: z.iso.datetime({ precision: 3 }),
    updatedAt: z.iso.datetime({ precision: 3 }),
  })

  const collection: Collection<{ userId: string }, Row, unknown> = {
    name: spec.name,
    ...(spec.filterColumns && { filterColumns: spec.filterColumns }),
    rows: (db, { userId }) =>
      ownedTable(db).selectFrom(table).selectAll().where('user_id', '=', userId).$castTo<Row>(),
    present,
  }

  function present(row: Row) {
    return {
      ...spec.present(row),
      id: row.id,
      isDelete: row.is_deleted,
      createdAt: toIso(Number(row.created_at)),
      updatedAt: toIso(Number(row.v)),
    }
  }

  /** One stamped change of a user's rows, announced to that user. */
  async function change(
    ctx: Context,
    viewer: Viewer,
    userId: string,
    run: (trx: Trx, stamp: Stamp) => Promise<Row>,
  ): Promise<Row> {
    await requireOwner(ctx, viewer, userId)
    return write(ctx, viewer.appId, async (trx, stamp) => {
      const row = await run(trx, stamp)
      if (Number(row.v) === stamp) await announce(trx, stamp, [ownCollectionChanged(userId, syncType)])
      return row
    })
  }

  async function getRow(db: Db | Trx, userId: string, id: string): Promise<Row> {
    const row = await ownedTable(db)
      .selectFrom(table)
      .selectAll()
      .where('id', '=', id)
      .where('user_id', '=', userId)
      .executeTakeFirst()
    if (!row) throw new AppError('NotFound', `there is no such ${table}`)
    return row as Row
  }

  async function update(trx: Trx, row: Row, values: object): Promise<Row> {
    const changed = await ownedTable(trx)
      .updateTable(table)
      .set(values)
      .where('id', '=', row.id)
      .returningAll()
      .executeTakeFirstOrThrow()
    return changed as Row
  }

  function add(ctx: Context, viewer: Viewer, userId: string, columns: Columns): Promise<Row> {
    return change(ctx, viewer, userId, async (trx, stamp) => {
      await spec.check?.(trx, { viewer, userId, columns, row: undefined })
      const row = await ownedTable(trx)
        .insertInto(table)
        .values({ ...columns, user_id: userId, created_at: String(stamp), v: String(stamp) } as never)
        .returningAll()
        .executeTakeFirstOrThrow()
      return row as Row
    })
  }

  function replace(ctx: Context, viewer: Viewer, userId: string, id: string, columns: Columns) {
    return change(ctx, viewer, userId, async (trx, stamp) => {
      const row = await getRow(trx, userId, id)
      if (row.is_deleted) throw new AppError('NotFound', `this ${table} has been deleted`)
      await spec.check?.(trx, { viewer, userId, columns, row })
      return update(trx, row, { ...columns, v: String(stamp) })
    })
  }

  /** Deleting again changes nothing. */
  async function remove(ctx: Context, viewer: Viewer, userId: string, id: string): Promise<Row> {
    await requireOwner(ctx, viewer, userId)
    const before = await getRow(ctx.db, userId, id)
    if (before.is_deleted) return before
    return change(ctx, viewer, userId, async (trx, stamp) => {
      const row = await getRow(trx, userId, id)
      return row.is_deleted ? row : update(trx, row, { ...spec.blank, is_deleted: true, v: String(stamp) })
    })
  }

  return {
    name: spec.name,
    migrations: { ...spec.migrations, '1': { up: (db) => createOwnedTable(db, table, spec.columns) } },
    schemas: { [title]: Entry },
    routes(ctx) {
      const router = Router()
      const ofUser = z.object({ userId: Id })
      const one = ofUser.extend({ id: Id })
      router.get(
        `/users/:userId/${spec.path}`,
        route({
          summary: `The delta of a user's ${spec.name}: the owner and administrators`,
          answer: listOf(Entry),
          params: ofUser,
          query: ListQuery,
          run: async ({ viewer, params, query, cursor }) => {
            await requireOwner(ctx, viewer, params.userId)
            return list(ctx.db, collection, params, pageRequest(query, cursor))
          },
        }),
      )
      router.post(
        `/users/:userId/${spec.path}`,
        route({
          summary: `Adds to a user's ${spec.name}`,
          answer: Entry,
          params: ofUser,
          body: spec.body,
          run: async ({ viewer, params, body }) =>
            present(await add(ctx, viewer, params.userId, spec.toColumns(body as z.output<Body>))),
        }),
      )
      router.put(
        `/users/:userId/${spec.path}/:id`,
        route({
          summary: `Replaces one of a user's ${spec.name}`,
          answer: Entry,
          params: one,
          body: spec.body,
          run: async ({ viewer, params, body }) => {
            const columns = spec.toColumns(body as z.output<Body>)
            return present(await replace(ctx, viewer, params.userId, params.id, columns))
          },
        }),
      )
      router.delete(
        `/users/:userId/${spec.path}/:id`,
        route({
          summary: `Deletes one of a user's ${spec.name}; a tombstone stays`,
          answer: Nothing,
          params: one,
          run: async ({ viewer, params }) => {
            await remove(ctx, viewer, params.userId, params.id)
            return {}
          },
        }),
      )
      return router
    },
  }
}

/** The same connection, for tables that the schema's types do not know. */
function ownedTable(db: Db | Trx): Kysely<Record<string, OwnedRow>> {
  return db as unknown as Kysely<Record<string, OwnedRow>>
}

async function createOwnedTable(
  db: Kysely<unknown>,
  table: string,
  columns: Record<string, string | undefined>,
): Promise<void> {
  const own = Object.entries(columns).map(([name, type]) => sql`${sql.ref(name)} ${sql.raw(type ?? '')},`)
  await sql`
    create table ${sql.table(table)} (
      id bigint generated always as identity primary key,
      user_id bigint not null references app_user,
      ${sql.join(own, sql.raw('\n'))}
      is_deleted boolean not null default false,
      created_at bigint not null,
      v bigint not null
    )`.execute(db)
  // delta: where user_id = ? and v > ? order by v
  await sql`create index ${sql.ref(`${table}_delta`)} on ${sql.table(table)} (user_id, v)`.execute(db)
}
