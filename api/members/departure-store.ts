import type { Selectable } from 'kysely'
import type { Db, Trx } from '../database/database.js'
import type { DepartureTable } from '../database/tables/departure.js'

export type DepartureRow = Selectable<DepartureTable>

/** The user is being deleted: the groups are to be left after the commit. */
export async function queueDeparture(trx: Trx, appId: string, userId: string): Promise<void> {
  await trx
    .insertInto('departure')
    .values({ app_id: appId, user_id: userId })
    .onConflict((conflict) => conflict.doNothing())
    .execute()
}

export function findDepartures(db: Db, limit: number): Promise<DepartureRow[]> {
  return db.selectFrom('departure').selectAll().orderBy('user_id').limit(limit).execute()
}

/** The user is in no group any more. */
export async function deleteDeparture(db: Db, userId: string): Promise<void> {
  await db.deleteFrom('departure').where('user_id', '=', userId).execute()
}

export interface GroupToLeave {
  session_id: string
  is_large: boolean
}

/** Groups that the user is in, from the one after `after` on; those with more than `large` members are large. */
export function findGroupsOf(
  db: Db,
  userId: string,
  after: string,
  { limit, large }: { limit: number; large: number },
): Promise<GroupToLeave[]> {
  return db
    .selectFrom('conversation as c')
    .innerJoin('session_member as m', 'm.id', 'c.id')
    .innerJoin('session as s', 's.id', 'c.session_id')
    .select(['c.session_id'])
    .select(({ exists, selectFrom }) =>
      exists(
        selectFrom('session_member as other')
          .select('other.id')
          .whereRef('other.session_id', '=', 'c.session_id')
          .where('other.is_deleted', '=', false)
          .where('other.status', '=', 'active')
          .orderBy('other.id')
          .offset(large)
          .limit(1),
      )
        .$castTo<boolean>()
        .as('is_large'),
    )
    .where('c.user_id', '=', userId)
    .where('c.session_id', '>', after)
    .where('m.is_deleted', '=', false)
    .where('s.type', '=', 'group')
    .where('s.is_deleted', '=', false)
    .orderBy('c.session_id')
    .limit(limit)
    .execute()
}
