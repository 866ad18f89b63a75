import type pg from 'pg'

/** How much there is in a database, and for how long (ms) people have been at it. */
export interface Extent {
  users: number
  sessions: number
  messages: number
  spanMs: number
}

/** Groups that a user is in, on average. */
const GROUPS_OF_USER = 5
const CONTACTS_OF_USER = 10
/** Coprime to any number of users here, so that the members of a group are different ones. */
const STRIDE = 7919

/**
 * Fills a database that a server has just migrated, in few statements. Half of the sessions are of two; the size of
 * the groups falls with their rank, from a fifth of all users to a handful, and so does how much is said in them.
 * Every message has a stamp of its own; heads, read positions and the app's clock agree with them.
 */
export async function seed(db: pg.Client, { users, sessions, messages, spanMs }: Extent): Promise<void> {
  const groups = Math.floor(sessions / 2)
  const stepMs = Math.floor(spanMs / messages)
  const began = Date.now() - stepMs * messages
  const run = (text: string) => db.query(text)

  await run(
    `set maintenance_work_mem = '1GB'; set work_mem = '1GB'; set max_parallel_maintenance_workers = 2`,
  )
  // Keys are not checked: what is made here fits.
  await run('set session_replication_role = replica')
  await run('select setseed(0.5)')
  await run(`
    insert into app_user (app_id, email, name, pinyin, created_at, v)
    select 1, 'user' || n || '@example.org', 'user ' || n, array['user' || n], ${began}, ${began} - n
    from generate_series(1, ${users}) n`)
  await run(`
    insert into login (id, user_id, created_at, expires_at)
    select ('00000000-0000-4000-8000-' || lpad(id::text, 12, '0'))::uuid, id, ${began}, 1e15::bigint from app_user`)
  await run(`
    insert into contact (owner_id, user_id, created_at, shown_v, v)
    select o.id, u.id, ${began}, ${began}, ${began}
    from app_user o cross join generate_series(1, ${CONTACTS_OF_USER}) n
    join app_user u on u.id = 1 + (o.id + n * ${STRIDE}) % ${users}`)

  // Sessions: where their members begin among all users, and how many these are.
  await run(`
    create temp table plan as
    with shape as (
      select n, n > ${groups} as is_pair, power(n, -0.75) as weight, floor(random() * ${users})::int as first
      from generate_series(1, ${sessions}) n
    )
    select n, is_pair, first,
      case when is_pair then 2 else greatest(3, least(${users} / 5,
        weight * ${GROUPS_OF_USER * users} / sum(weight) filter (where not is_pair) over ()))::int
      end as size
    from shape`)
  // No pair twice.
  await run(`update plan set first = n - ${groups} - 1 where is_pair`)
  await run(`
    insert into session (app_id, type, pair_key, creator_id, name, mts, created_at, v)
    select 1, case when is_pair then 'p2p' else 'group' end,
      case when is_pair then least(a, b) || ':' || greatest(a, b) end, a,
      case when is_pair then '' else 'group ' || n end, ${began}, ${began}, ${began}
    from (select *, 1 + first % ${users} as a, 1 + (first + ${STRIDE}) % ${users} as b from plan) s order by n`)
  await run(`
    insert into session_member (session_id, user_id, role, joined_v, created_at, v)
    select n, 1 + (first + k::bigint * ${STRIDE}) % ${users},
      case when k = 0 and not is_pair then 'master' else 'user' end, ${began}, ${began}, ${began}
    from plan cross join generate_series(0, size - 1) k
    -- users come in over time, not group by group
    order by random()`)
  await seedMessages(run, { sessions, messages, users, began, stepMs })
  await run(`
    insert into session_head (session_id, message_count, last_message_id, v)
    select p.n, coalesce(count, 0), last, coalesce(m.v, ${began})
    from plan p
    left join (select session_id, count(*), max(id) as last, max(v) as v from message group by 1) m
      on m.session_id = p.n`)
  await run(`
    insert into conversation (id, user_id, session_id, peer_id, read_count, joined_count, created_at, v)
    select m.id, m.user_id, m.session_id,
      case when p.is_pair then 1 + (p.first + case when 1 + p.first % ${users} = m.user_id then ${STRIDE} else 0 end) % ${users} end,
      greatest(0, h.message_count - floor(random() * 10)::bigint), 0, ${began}, ${began} + floor(random() * (h.v - ${began}))::bigint
    from session_member m join plan p on p.n = m.session_id join session_head h using (session_id)`)
  await run(
    'update app_clock set v = (extract(epoch from clock_timestamp()) * 1000)::bigint where app_id = 1',
  )
  await run('drop table plan; reset session_replication_role; reset work_mem; reset maintenance_work_mem')
  await run('vacuum (freeze, analyze)')
  await run('checkpoint')
}

/** In the order of time, without their indexes, which are made anew afterwards. */
async function seedMessages(
  run: (text: string) => Promise<pg.QueryResult>,
  {
    sessions,
    messages,
    users,
    began,
    stepMs,
  }: Record<'sessions' | 'messages' | 'users' | 'began' | 'stepMs', number>,
): Promise<void> {
  const { rows: indexes } = await run(`
    select i.indexrelid::regclass as name, pg_get_indexdef(i.indexrelid) as definition, c.conname
    from pg_index i left join pg_constraint c on c.conindid = i.indexrelid
    where i.indrelid = 'message'::regclass`)
  for (const { name, conname } of indexes) {
    await run(conname ? `alter table message drop constraint ${conname}` : `drop index ${name}`)
  }
  await run(`
    create temp table said as
    select i, 1 + floor(${sessions} * power(random(), 3))::int as session from generate_series(1, ${messages}) i`)
  await run(`
    insert into message (session_id, seq, sender_id, actor_id, type, content, created_at, v)
    select s.session, s.seq, s.sender, s.sender, 'text', '{"text":"how much is number ' || s.i || '?"}', s.v, s.v
    from (
      select i, session, row_number() over (partition by session order by i) as seq,
        1 + (p.first + (i::bigint % p.size) * ${STRIDE}) % ${users} as sender, ${began} + i * ${stepMs}::bigint as v
      from said join plan p on p.n = session
    ) s
    order by s.i`)
  for (const { name, definition, conname } of indexes) {
    await run(definition)
    if (conname) await run(`alter table message add constraint ${conname} primary key using index ${name}`)
  }
  await run('drop table said')
}
