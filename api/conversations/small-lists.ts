import { sql } from 'kysely'
import type { Stamp } from '../../shared/wire/time.js'
import type { Db } from '../database/database.js'
import { SharedRead } from '../sync/shared-read.js'
import { type ListedConversation, userConversations } from './collection.js'

interface Asked {
  userId: string
  cursor: Stamp
}

/**
 * What has changed in a user's list, where that is little, as it nearly always is: who asks at the same time shares one
 * statement. Undefined: it is more.
 */
export type SmallLists = SharedRead<Asked, ListedConversation[] | undefined>

/** More conversations than that are not small; each holds a message, of up to 64 KiB. */
const SMALL = 20

export function createSmallLists(db: Db): SmallLists {
  return new SharedRead({
    ...{ maxBatch: 32, maxWaiting: 10_000 },
    // A long list holds up a part of the readers only.
    lanes: 4,
    find: async (asked) => {
      const lists = await findSmallLists(db, asked)
      return lists.map((rows) => (rows.length > SMALL ? undefined : rows))
    },
  })
}

/** In the order of `asked`; of each list at most one more than is small. */
async function findSmallLists(db: Db, asked: Asked[]): Promise<ListedConversation[][]> {
  const own = userConversations.rows(db, { userId: sql.ref<string>('asked.user_id') })
  const { rows } = await sql<ListedConversation & { ord: string }>`
    /* small-lists */
    select asked.ord, changed.*
    from unnest(
      (select ${asked.map(({ userId }) => userId)}::bigint[]),
      (select ${asked.map(({ cursor }) => String(cursor))}::bigint[])
    ) with ordinality as asked (user_id, cursor, ord)
    cross join lateral (
      select * from (${own}) own where own.v > asked.cursor order by own.v limit ${sql.lit(SMALL + 1)}
    ) changed
    order by changed.v, changed.id`.execute(db)
  const lists: ListedConversation[][] = asked.map(() => [])
  for (const row of rows) lists[Number(row.ord) - 1]?.push(row)
  return lists
}
