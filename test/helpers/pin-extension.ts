import { Router } from 'express'
import { type Kysely, sql } from 'kysely'
import { z } from 'zod'
import { announce } from '../../api/announce/announce.js'
import type { Context } from '../../api/context.js'
import type { Db } from '../../api/database/database.js'
import type { Extension } from '../../api/extensions/extension.js'
import { ListQuery, pageRequest, route } from '../../api/http/route.js'
import type { Viewer } from '../../api/http/viewer.js'
import { getSessionAccess } from '../../api/sessions/access.js'
import { type Collection, list, type SyncedRow } from '../../api/sync/collection.js'
import { write } from '../../api/sync/write.js'
import { AppError } from '../../shared/server/app-error.js'
import { Id } from '../../shared/wire/ids.js'
import { listOf } from '../../shared/wire/objects.js'
import { toIso } from '../../shared/wire/time.js'
import { sessionRef, sessionTopic } from '../../shared/wire/topics.js'

const Pin = z.object({
  id: Id,
  messageId: Id,
  isDelete: z.boolean(),
  updatedAt: z.iso.datetime({ precision: 3 }),
})

interface PinRow extends SyncedRow {
  session_id: string
  message_id: string
  is_deleted: boolean
}

/** The messages that a session's members have pinned: seen and changed by all who are in it. */
export const pins: Extension = {
  name: 'pins',
  migrations: {
    '1': {
      up: async (db) => {
        await sql`
          create table pin (
            id bigint generated always as identity primary key,
            session_id bigint not null references session,
            message_id bigint not null,
            is_deleted boolean not null,
            v bigint not null,
            unique (session_id, message_id)
          )`.execute(db)
        // delta: where session_id = ? and v > ? order by v
        await sql`create index pin_delta on pin (session_id, v)`.execute(db)
      },
    },
  },
  schemas: { Pin },
  routes(ctx) {
    const router = Router()
    router.get(
      '/sessions/:sessionId/pins',
      route({
        summary: 'The delta of the pinned messages of a session',
        answer: listOf(Pin),
        params: z.object({ sessionId: Id }),
        query: ListQuery,
        run: async ({ viewer, params, query, cursor }) => {
          await getSessionAccess(ctx, viewer, params.sessionId, 'readMessages')
          return list(ctx.db, pinned, params, pageRequest(query, cursor))
        },
      }),
    )
    for (const [method, isDeleted] of [
      ['put', false],
      ['delete', true],
    ] as const) {
      router[method](
        '/sessions/:sessionId/pins/:messageId',
        route({
          summary: isDeleted ? 'Takes a pin off' : 'Pins a message',
          answer: Pin,
          params: z.object({ sessionId: Id, messageId: Id }),
          run: ({ viewer, params }) => setPin(ctx, viewer, { ...params, isDeleted }),
        }),
      )
    }
    return router
  },
}

const pinned: Collection<{ sessionId: string }, PinRow, z.output<typeof Pin>> = {
  name: 'pins',
  rows: (db, { sessionId }) => withPins(db).selectFrom('pin').selectAll().where('session_id', '=', sessionId),
  present,
}

function present(row: PinRow): z.output<typeof Pin> {
  return {
    id: row.id,
    messageId: row.message_id,
    isDelete: row.is_deleted,
    updatedAt: toIso(Number(row.v)),
  }
}

async function setPin(
  ctx: Context,
  viewer: Viewer,
  pin: { sessionId: string; messageId: string; isDeleted: boolean },
) {
  // Read and refuse first, stamp last.
  await getSessionAccess(ctx, viewer, pin.sessionId, 'send')
  const message = await ctx.db
    .selectFrom('message')
    .select('id')
    .where('session_id', '=', pin.sessionId)
    .where('id', '=', pin.messageId)
    .executeTakeFirst()
  if (!message) throw new AppError('NotFound', 'there is no such message')

  return write(ctx, viewer.appId, async (trx, stamp) => {
    // Under the stamp nobody else writes: what was read before is checked again.
    const { session } = await getSessionAccess({ db: trx }, viewer, pin.sessionId, 'send')
    const row = await withPins(trx)
      .insertInto('pin')
      .values({
        session_id: pin.sessionId,
        message_id: pin.messageId,
        is_deleted: pin.isDeleted,
        v: String(stamp),
      } as PinRow)
      .onConflict((conflict) =>
        conflict
          .columns(['session_id', 'message_id'])
          .doUpdateSet({ is_deleted: pin.isDeleted, v: String(stamp) }),
      )
      .returningAll()
      .executeTakeFirstOrThrow()
    await announce(trx, stamp, [
      {
        topic: sessionTopic(session.type, session.id),
        mts: Number(session.mts),
        syncs: [{ type: 'pin', sessionId: sessionRef(session.type, session.id) }],
      },
    ])
    return present(row)
  })
}

function withPins(db: Db): Kysely<{ pin: PinRow }> {
  return db as unknown as Kysely<{ pin: PinRow }>
}
