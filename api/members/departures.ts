import { Pause } from '../../shared/server/pause.js'
import type { Context } from '../context.js'
import { isLive } from '../sessions/access.js'
import { findSession } from '../sessions/store.js'
import { write } from '../sync/write.js'
import {
  type DepartureRow,
  deleteDeparture,
  findDepartures,
  findGroupsOf,
  type GroupToLeave,
} from './departure-store.js'
import { leave } from './membership.js'
import { findMember } from './store.js'

/**
 * Groups that are left in one transaction, which holds the app's clock meanwhile: a few, so that others write in
 * between. One with more than LARGE members is left by itself.
 */
const BATCH = 5
const LARGE = 500
const USERS = 100
/** How often we look by ourselves: what a crash or another process left behind. */
const POLL_MS = 5000

/**
 * Takes deleted users out of their groups, as if they had left each. They wait in the table `departure` since
 * the transaction that deleted them: whoever has thousands of groups keeps nobody waiting, and after a crash
 * it goes on where it was. Pairs keep their members: the other side goes on reading. Several processes at the
 * same user only do it in turns, since each group is looked at again under the stamp.
 */
export class Departures {
  readonly #pause = new Pause()

  constructor(private readonly ctx: Context) {}

  /** Somebody was deleted. */
  wake(): void {
    this.#pause.wake()
  }

  /** Runs until `signal` aborts; a batch that was begun is finished first. */
  async run(signal: AbortSignal): Promise<void> {
    this.#pause.endWith(signal)
    while (!signal.aborted) {
      this.#pause.begin()
      let isMore = false
      try {
        const waiting = await findDepartures(this.ctx.db, USERS)
        const outcomes = []
        for (const departure of waiting) outcomes.push(await this.#depart(departure, signal))
        isMore = waiting.length === USERS && outcomes.some((isDone) => isDone)
      } catch (error) {
        this.ctx.log.warn({ err: error }, 'the groups that deleted users have to leave could not be read')
      }
      if (!isMore && !signal.aborted) await this.#pause.wait(POLL_MS)
    }
  }

  /** True when the user is out of all groups. */
  async #depart({ app_id: appId, user_id: userId }: DepartureRow, signal: AbortSignal): Promise<boolean> {
    const { ctx } = this
    try {
      for (let after = '0'; !signal.aborted; ) {
        const sessionIds = batchOf(await findGroupsOf(ctx.db, userId, after, { limit: BATCH, large: LARGE }))
        const last = sessionIds.at(-1)
        if (last === undefined) {
          await deleteDeparture(ctx.db, userId)
          return true
        }
        await leaveAll(ctx, appId, userId, sessionIds)
        after = last
      }
    } catch (error) {
      ctx.log.warn({ err: error, userId }, 'a deleted user is still in groups; trying again later')
    }
    return false
  }
}

/** The first of them: all up to a large one, or that alone. */
function batchOf(groups: GroupToLeave[]): string[] {
  const large = groups.findIndex(({ is_large }) => is_large)
  const batch = large < 0 ? groups : groups.slice(0, Math.max(large, 1))
  return batch.map(({ session_id }) => session_id)
}

function leaveAll(ctx: Context, appId: string, userId: string, sessionIds: string[]): Promise<void> {
  return write(ctx, appId, async (trx, stamp) => {
    for (const sessionId of sessionIds) {
      const session = await findSession(trx, appId, sessionId)
      const member = session && (await findMember(trx, sessionId, userId))
      if (session && member && isLive(member)) await leave(trx, stamp, session, member, true)
    }
  })
}
