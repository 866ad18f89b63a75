import { sql } from 'kysely'
import { loginsTopic } from '../../shared/server/logins.js'
import type { SessionType } from '../../shared/wire/session-types.js'
import { type Sync, SyncType } from '../../shared/wire/sync-types.js'
import type { Stamp } from '../../shared/wire/time.js'
import { sessionRef, sessionTopic, userTopic } from '../../shared/wire/topics.js'
import type { Trx } from '../database/database.js'
import { audienceTopic } from './audience-topic.js'
import { LEASE_S, type LeasedRow } from './outbox.js'

/** Whom a change concerns and where they should look; it is told once the transaction has committed. */
export interface Change {
  topic: string
  syncs: Sync[]
  mts?: Stamp
}

/** A session's messages, head or members changed: its live members should look. */
export function sessionChanged(session: { type: SessionType; id: string; mts: Stamp }): Change {
  return {
    topic: sessionTopic(session.type, session.id),
    mts: session.mts,
    syncs: sessionSyncs(session),
  }
}

/** Somebody in it has another name or avatar, which shows in the list of members too. */
export function memberRenamed(session: { type: SessionType; id: string; mts: Stamp }): Change {
  const { syncs, ...change } = sessionChanged(session)
  const sessionId = sessionRef(session.type, session.id)
  return { ...change, syncs: [...syncs, { type: SyncType.members, sessionId }] }
}

/**
 * A session is gone: its members should look at their conversations. Not at its messages, which are no longer
 * to be had: an old client that has just forgotten the session would stall. (yun2win.md §3 #24)
 */
export function sessionDeleted(session: { type: SessionType; id: string; mts: Stamp }): Change {
  return {
    topic: sessionTopic(session.type, session.id),
    mts: session.mts,
    syncs: [{ type: SyncType.userConversations }],
  }
}

/** A removed member should look once more: the session's own topic no longer reaches them. */
export function removedFromSession(session: { type: SessionType; id: string }, userId: string): Change {
  return { topic: userTopic(userId), syncs: sessionSyncs(session) }
}

/** One of a user's own collections changed: that user's devices should look. */
export function ownCollectionChanged(userId: string, syncType: number | string): Change {
  return { topic: userTopic(userId), syncs: [{ type: syncType }] }
}

/**
 * A user's name, avatar or account changed: whoever has the user as a contact or shares a session should look.
 * One row, however many these are; the drain finds them.
 */
export function profileChanged(userId: string): Change {
  return { topic: audienceTopic({ of: 'user', id: userId }), syncs: [{ type: SyncType.user }] }
}

/** A session's name or avatar changed, or it is gone: whoever has it as a favourite should look. */
export function favouritesChanged(sessionId: string): Change {
  return { topic: audienceTopic({ of: 'session', id: sessionId }), syncs: [{ type: SyncType.userSessions }] }
}

/** Logins of a user were ended: push should cut their connections. No client is told. */
export function loginsEnded(userId: string): Change {
  return { topic: loginsTopic(userId), syncs: [] }
}

function sessionSyncs(session: { type: SessionType; id: string }): Sync[] {
  return [
    { type: SyncType.userConversations },
    { type: SyncType.messages, sessionId: sessionRef(session.type, session.id) },
  ]
}

/** What is said, but for when: saying it again of the same topic replaces it. */
function kindOf(sync: Sync): string {
  return sync.sessionId === undefined ? String(sync.type) : `${sync.type}:${sync.sessionId}`
}

/** Rows of the outbox by the transaction of this process that writes them, where somebody is to tell them after it. */
const gathering = new WeakMap<Trx, LeasedRow[]>()

/**
 * From now on what this transaction announces is leased to this process, and gathered in the list that is given: tell
 * it after the commit. Nobody else looks at it meanwhile; if the process dies it is taken over when the lease ends.
 */
export function gatherAnnouncements(trx: Trx): LeasedRow[] {
  const rows: LeasedRow[] = []
  gathering.set(trx, rows)
  return rows
}

/**
 * Puts changes into the outbox, in the transaction that makes them (I4). The outbox keeps one row per topic
 * and kind, so announcing again only moves the stamp on, and a push server that is away for an hour finds
 * one row per session. A drain that is at work on the row notices the new stamp and leaves the row.
 */
export async function announce(trx: Trx, stamp: Stamp, changes: Change[]): Promise<void> {
  if (changes.length === 0) return
  const rows = changes.map((change) => ({ ...change, kind: change.syncs.map(kindOf).join(' '), stamp }))
  const gathered = gathering.get(trx)
  gathered?.push(...rows)
  await sql`
    /* announce */
    insert into outbox (topic, kind, syncs, mts, v, leased_until)
    select topic, kind, syncs::jsonb, mts, ${stamp},
      clock_timestamp() + make_interval(secs => ${gathered ? LEASE_S : 0})
    from unnest(
      (select ${rows.map(({ topic }) => topic)}::text[]),
      (select ${rows.map(({ kind }) => kind)}::text[]),
      (select ${rows.map(({ syncs }) => JSON.stringify(syncs))}::text[]),
      (select ${rows.map(({ mts }) => (mts === undefined ? null : String(mts)))}::bigint[])
    ) as change (topic, kind, syncs, mts)
    on conflict (topic, kind) do update
    set v = excluded.v, mts = greatest(outbox.mts, excluded.mts), syncs = excluded.syncs,
      leased_until = excluded.leased_until`.execute(trx)
}
