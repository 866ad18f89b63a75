import { sql } from 'kysely'
import type { Announcement, Announcer } from '../../shared/server/announcement.js'
import { SyncType } from '../../shared/wire/sync-types.js'
import type { Db } from '../database/database.js'
import { type Change, memberRenamed, ownCollectionChanged } from './announce.js'
import { parseAudienceTopic } from './audience-topic.js'
import { LEASE_S } from './outbox.js'

/** How many are found and told at a time. */
const CHUNK = 500

/**
 * Tells everybody whom a change of profile, or of a group's name, concerns, found only now, chunk by chunk: the transaction that makes
 * the change must not wait for ten thousand rows. Done when push has taken all; whoever fails is told again
 * with the others. Everything else goes to `announcer` as it is.
 */
export function toAudiences(db: Db, announcer: Announcer): Announcer {
  return {
    isReachable: () => announcer.isReachable?.() ?? true,
    async announce(announcement) {
      const audience = parseAudienceTopic(announcement.topic)
      if (!audience) return announcer.announce(announcement)
      for (const findNext of SEARCHES[audience.of]) {
        for (let after = '0'; ; ) {
          const found = await findNext(db, audience.id, after)
          await Promise.all(
            found.map(({ change }) => announcer.announce({ ...change, stamp: announcement.stamp })),
          )
          if (found.length < CHUNK) break
          after = found.at(-1)?.id as string
          await keepLease(db, announcement)
        }
      }
    },
  }
}

interface Found {
  id: string
  change: Change
}

async function findContactOwners(db: Db, userId: string, after: string): Promise<Found[]> {
  const rows = await db
    .selectFrom('contact')
    .select('owner_id')
    .where('user_id', '=', userId)
    .where('is_deleted', '=', false)
    .where('owner_id', '>', after)
    .orderBy('owner_id')
    .limit(CHUNK)
    .execute()
  return rows.map((row) => ({
    id: row.owner_id,
    change: ownCollectionChanged(row.owner_id, SyncType.contacts),
  }))
}

async function findSessions(db: Db, userId: string, after: string): Promise<Found[]> {
  const rows = await db
    .selectFrom('conversation as c')
    .innerJoin('session as s', 's.id', 'c.session_id')
    .select(['s.id', 's.type', 's.mts'])
    .where('c.user_id', '=', userId)
    .where('c.left_count', 'is', null)
    .where('c.session_id', '>', after)
    .where('s.is_deleted', '=', false)
    .orderBy('c.session_id')
    .limit(CHUNK)
    .execute()
  return rows.map((row) => ({ id: row.id, change: memberRenamed({ ...row, mts: Number(row.mts) }) }))
}

async function findFavouriteOwners(db: Db, sessionId: string, after: string): Promise<Found[]> {
  const rows = await db
    .selectFrom('favourite as f')
    .innerJoin('conversation as c', (join) =>
      join.onRef('c.user_id', '=', 'f.owner_id').onRef('c.session_id', '=', 'f.session_id'),
    )
    .select('f.owner_id')
    .where('f.session_id', '=', sessionId)
    .where('f.is_deleted', '=', false)
    .where('f.owner_id', '>', after)
    // Who was removed is told nothing more.
    .where('c.left_count', 'is', null)
    .orderBy('f.owner_id')
    .limit(CHUNK)
    .execute()
  return rows.map(({ owner_id: id }) => ({ id, change: ownCollectionChanged(id, SyncType.userSessions) }))
}

const SEARCHES = { user: [findContactOwners, findSessions], session: [findFavouriteOwners] }

/** Otherwise another drain takes a long audience for left behind, and tells it too. */
async function keepLease(db: Db, { topic, stamp }: Announcement): Promise<void> {
  await sql`
    update outbox set leased_until = clock_timestamp() + make_interval(secs => ${LEASE_S})
    where topic = ${topic} and v = ${stamp}`.execute(db)
}
