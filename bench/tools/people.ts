import type pg from 'pg'
import { loginOf } from './nudge.js'

/**
 * People, sessions and members, made below the API: that is not what is measured. Call it when a server, or
 * `migrate`, has made the tables and the app.
 */
export async function createPeople(db: pg.Client, count: number): Promise<string[]> {
  const { rows } = await db.query<{ id: string }>(
    `insert into app_user (app_id, email, name, created_at, v)
     select 1, 'user' || n || '-' || gen_random_uuid(), 'user' || n, 1, 1 from generate_series(1, $1::int) n returning id`,
    [count],
  )
  const ids = rows.map(({ id }) => id)
  await db.query(
    `insert into login (id, user_id, created_at, expires_at)
     select login::uuid, user_id, 1, 1e15::bigint from unnest($1::text[], $2::bigint[]) as l (login, user_id)`,
    [ids.map(loginOf), ids],
  )
  return ids
}

/** Sessions of two, one for each pair. */
export async function createPairs(db: pg.Client, pairs: [string, string][]): Promise<string[]> {
  return createSessions(
    db,
    'p2p',
    pairs.map((pair) => [...pair]),
  )
}

/** Groups whose first member is the master. */
export async function createGroups(db: pg.Client, groups: string[][]): Promise<string[]> {
  return createSessions(db, 'group', groups)
}

async function createSessions(db: pg.Client, type: 'p2p' | 'group', groups: string[][]): Promise<string[]> {
  const sessions = await db.query<{ id: string }>(
    `insert into session (app_id, type, pair_key, creator_id, mts, created_at, v)
     select 1, $1, pair_key, creator_id, 1, 1, 1
     from unnest($2::text[], $3::bigint[]) with ordinality as s (pair_key, creator_id, n) order by n
     returning id`,
    [
      type,
      groups.map((members) => (type === 'p2p' ? members.join('_') : null)),
      groups.map(([first]) => first),
    ],
  )
  const ids = sessions.rows.map(({ id }) => id)
  await db.query('insert into session_head (session_id, v) select unnest($1::bigint[]), 1', [ids])
  const sessionIds = groups.flatMap((members, n) => members.map(() => ids[n]))
  const peerOf = (members: string[], one: string) =>
    type === 'p2p' ? members.find((each) => each !== one) : null
  await db.query(
    `with joined as (
       insert into session_member (session_id, user_id, role, joined_v, created_at, v)
       select m.session_id, m.user_id, case when s.creator_id = m.user_id then 'master' else 'user' end, 1, 1, 1
       from unnest($1::bigint[], $2::bigint[]) as m (session_id, user_id) join session s on s.id = m.session_id
       returning id, user_id, session_id
     )
     insert into conversation (id, user_id, session_id, peer_id, read_count, joined_count, created_at, v)
     select id, user_id, session_id, peer_id, 0, 0, 1, 1
     from joined join unnest($1::bigint[], $2::bigint[], $3::bigint[]) as p (session_id, user_id, peer_id)
       using (session_id, user_id)`,
    [sessionIds, groups.flat(), groups.flatMap((members) => members.map((one) => peerOf(members, one)))],
  )
  return ids
}
