import { type Selectable, sql } from 'kysely'
import type { PresenceReport } from '../../shared/server/presence.js'
import type { Db } from '../database/database.js'
import type { PresenceTable } from '../database/tables/presence.js'

export type PresenceRow = Selectable<PresenceTable>

/**
 * Stores what a push server reports. Of its own users it is always right; a user may have devices at several, and of
 * those the one that told last is believed. Users that are gone meanwhile are left out.
 */
export async function storePresence(db: Db, report: PresenceReport, nowMs: number): Promise<void> {
  await db.transaction().execute(async (trx) => {
    if (report.isFresh) {
      await trx
        .updateTable('presence')
        .set({ is_online: false, changed_at: String(nowMs) })
        .where('node', '=', report.node)
        .where('is_online', '=', true)
        .where(({ not, eb }) =>
          not(eb('user_id', 'in', ['0', ...report.changes.map(({ userId }) => userId)])),
        )
        .execute()
    }
    if (report.changes.length === 0) return
    await sql`
      insert into presence (user_id, node, is_online, changed_at)
      select u.id, ${report.node}, told.is_online, told.at
      from unnest(
        ${report.changes.map(({ userId }) => userId)}::bigint[],
        ${report.changes.map(({ isOnline }) => isOnline)}::boolean[],
        ${report.changes.map(({ at }) => String(at))}::bigint[]
      ) as told (user_id, is_online, at)
      join app_user u on u.id = told.user_id
      order by u.id
      on conflict (user_id) do update
        set node = excluded.node, is_online = excluded.is_online, changed_at = excluded.changed_at
        where presence.node = excluded.node or presence.changed_at <= excluded.changed_at`.execute(trx)
  })
}

/** Whether a user is connected, or since when no more. Undefined when never seen. */
export function findPresence(db: Db, userId: string): Promise<PresenceRow | undefined> {
  return db.selectFrom('presence').selectAll().where('user_id', '=', userId).executeTakeFirst()
}
