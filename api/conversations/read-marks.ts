import { SyncType } from '../../shared/wire/sync-types.js'
import { announce, ownCollectionChanged } from '../announce/announce.js'
import type { Context } from '../context.js'
import type { Viewer } from '../http/viewer.js'
import { GroupCommit } from '../sync/group-commit.js'
import { type WriteContext, write } from '../sync/write.js'
import { findReadCount, moveReadPositions } from './store.js'

/** "This user has read this session up to message number `readCount`." */
export interface ReadMark {
  userId: string
  sessionId: string
  readCount: number
}

/** Moves read positions; concurrent ones share a transaction. */
export type ReadMarks = GroupCommit<ReadMark, void>

const MAX_BATCH = 256
const MAX_WAITING = 10_000

export function createReadMarks(ctx: WriteContext): ReadMarks {
  return new GroupCommit({
    maxBatch: MAX_BATCH,
    maxWaiting: MAX_WAITING,
    run: async (appId, marks) => {
      await write(ctx, appId, async (trx, stamp) => {
        const userIds = await moveReadPositions(trx, stamp, marks)
        // The reader's other devices show the badge too.
        await announce(
          trx,
          stamp,
          userIds.map((userId) => ownCollectionChanged(userId, SyncType.userConversations)),
        )
      })
      return marks.map(() => ({ status: 'fulfilled', value: undefined }))
    },
  })
}

/**
 * Resets the viewer's unread count up to a position. Writes nothing when it is there already. Whoever reads is
 * given the messages even if this fails: the next reading resets it too.
 */
export async function markRead(
  ctx: Context,
  viewer: Viewer,
  sessionId: string,
  readCount: number,
): Promise<void> {
  if (viewer.isAdmin) return
  const { userId } = viewer
  try {
    const before = await findReadCount(ctx.db, userId, sessionId)
    if (before === undefined || before >= readCount) return
    await ctx.readMarks.submit(viewer.appId, { userId, sessionId, readCount })
  } catch (error) {
    ctx.log.warn({ err: error, userId, sessionId }, 'a read position was not moved')
  }
}
