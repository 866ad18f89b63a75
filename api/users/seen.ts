import { type RawBuilder, sql } from 'kysely'
import type { ListObject, UserObject } from '../../shared/wire/objects.js'
import type { Stamp } from '../../shared/wire/time.js'
import type { Context } from '../context.js'
import type { Db } from '../database/database.js'
import type { Viewer } from '../http/viewer.js'
import { type Collection, list, MAX_LIMIT, type PageRequest, type SyncedRow } from '../sync/collection.js'
import { presentToOthers, presentUser, type ShownUser } from './present.js'
import { requireOwner } from './users.js'

interface Row extends ShownUser, SyncedRow {
  is_contact: boolean
}

interface SeenScope {
  appId: string
  ownerId: string
  /**
   * Only who has changed since. Says where to look and changes no row above that cursor: the engine asks for those
   * alone. Absent: everybody.
   */
  since?: Stamp | undefined
}

/**
 * The people a user sees: himself, who is or was his contact, and who is or was in a session with him. A profile
 * has changed when its user has, when it came into sight, and when the account that it shows came or went with the
 * contact. Titles, roles and further groups in common change nothing.
 *
 * Whoever was seen stays. When somebody came into sight is therefore the first of the ways he is seen, and each of
 * them has one stamp for good: that of the contact, or of the later of the two to come into the session. Of who
 * came while the owner was out of it he learns when he is back, and nothing before (I5).
 */
export const usersSeen: Collection<SeenScope, Row, UserObject> = {
  name: 'usersSeen',
  // Each page goes through everybody in sight: few pages, and a limit of its own to how often (api/limits).
  defaultLimit: MAX_LIMIT,
  rows: (db: Db, scope) =>
    db
      .selectFrom(firstSeen(scope).as('seen'))
      .innerJoin('app_user as u', 'u.id', 'seen.user_id')
      .leftJoin('contact as c', (join) =>
        join.on('c.owner_id', '=', scope.ownerId).onRef('c.user_id', '=', 'u.id'),
      )
      .select(['u.id', 'u.email', 'u.name', 'u.role', 'u.status', 'u.job_title', 'u.phone', 'u.address'])
      .select(['u.avatar_url', 'u.pinyin', 'u.is_deleted', 'u.created_at'])
      .select([
        sql<boolean>`c.is_deleted is false`.as('is_contact'),
        sql<string>`greatest(u.v, seen.since, c.shown_v)`.as('v'),
      ]),
  present: (row, { ownerId }) =>
    row.id === ownerId ? presentUser(row) : presentToOthers(row, { isAccountKnown: row.is_contact }),
}

/** Beyond so many that may have changed, going through all whom the owner sees is no more work. */
const MANY = 500

/** Throws NotAllowed, and NotFound for an administrator of another app. */
export async function listUsersSeen(
  ctx: Context,
  viewer: Viewer,
  ownerId: string,
  request: PageRequest,
): Promise<ListObject<UserObject>> {
  await requireOwner(ctx, viewer, ownerId)
  const everybody = { appId: viewer.appId, ownerId }
  const changed = { ...everybody, since: request.cursor }
  const isDelta = request.cursor > 0 && !(await areMany(ctx.db, changed))
  return list(ctx.db, usersSeen, isDelta ? changed : everybody, request)
}

async function areMany(db: Db, scope: Required<SeenScope>): Promise<boolean> {
  const { rows } = await sql<{ are_many: boolean }>`
    select count(*) > ${MANY} as are_many
    from (select 1 from (${changedSince(scope)}) changed limit ${MANY + 1}) found`.execute(db)
  return rows[0]?.are_many ?? true
}

/** Everybody in sight, or of them those who may have changed, with the stamp since when. */
function firstSeen({ since, ...scope }: SeenScope): RawBuilder<{ user_id: string; since: string }> {
  const { ownerId } = scope
  const isDelta = since !== undefined
  // As an array, a guess of the planner's at how many these are cannot make it read the members of all sessions.
  const only = (column: string) =>
    isDelta ? sql`and ${sql.ref(column)} = any (array(select user_id from changed))` : sql``
  return sql`(
    ${isDelta ? sql`with changed as (${changedSince({ ...scope, since })})` : sql``}
    select user_id, min(since) as since
    from (
      select id as user_id, created_at as since from app_user where id = ${ownerId} ${only('id')}
      union all
      select user_id, created_at from contact where owner_id = ${ownerId} ${only('user_id')}
      union all
      select other.user_id, coalesce(away.back_v, greatest(own.joined_v, other.joined_v))
      from conversation c
      join session_member own on own.id = c.id
      join session_member other on other.session_id = c.session_id
      left join absence away on away.user_id = c.user_id and away.session_id = c.session_id
        and away.left_v < other.joined_v and other.joined_v <= away.back_v
      where c.user_id = ${ownerId} and (not own.is_deleted or other.joined_v <= own.created_at)
        ${only('other.user_id')}
    ) way
    group by user_id
  )`
}

/** Who may have changed for the owner, in sight or not, some of them more than once. Nobody else has. */
function changedSince({ appId, ownerId, since }: Required<SeenScope>) {
  return sql`
    select id as user_id from app_user where app_id = ${appId} and v > ${since}
    union all
    select user_id from contact where owner_id = ${ownerId} and shown_v > ${since}
    union all
    select other.user_id from conversation c
    join session_member other on other.session_id = c.session_id
    where c.user_id = ${ownerId} and other.joined_v > ${since}
    union all
    -- The owner himself came, or came back: all who are there.
    select other.user_id from conversation c
    join session_member own on own.id = c.id
    join session_member other on other.session_id = c.session_id
    where c.user_id = ${ownerId} and own.created_at > ${since} and other.user_id is not null`
}
