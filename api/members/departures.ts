import { setTimeout as sleep } from 'node:timers/promises'
import type { Context } from '../context.js'
import { isLive } from '../sessions/access.js'
import { findSession } from '../sessions/store.js'
import { write } from '../sync/write.js'
import { type DepartureRow, deleteDeparture, findDepartures, findGroupsOf } from './departure-store.js'
import { leave } from './membership.js'
import { findMember } from './store.js'

/** Groups that are left in one transaction: it holds the app's clock for some 10 ms, and others write in between. */
const BATCH = 5
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
  #wake = new AbortController()
  #isAwake = false

  constructor(private readonly ctx: Context) {}

  /** Somebody was deleted. */
  wake(): void {
    this.#isAwake = true
    this.#wake.abort()
  }

  /** Runs until `signal` aborts; a batch that was begun is finished first. */
  async run(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      this.#isAwake = false
      let isMore = false
      try {
        const waiting = await findDepartures(this.ctx.db, USERS)
        const outcomes = []
        for (const departure of waiting) outcomes.push(await this.#depart(departure, signal))
        isMore = waiting.length === USERS && outcomes.some((isDone) => isDone)
      } catch (error) {
        this.ctx.log.warn({ err: error }, 'the groups that deleted users have to leave could not be read')
      }
      this.#wake = new AbortController()
      if (isMore || this.#isAwake) continue
      const woken = AbortSignal.any([signal, this.#wake.signal])
      await sleep(POLL_MS, undefined, { signal: woken }).catch(() => {})
    }
  }

  /** True when the user is out of all groups. */
  async #depart({ app_id: appId, user_id: userId }: DepartureRow, signal: AbortSignal): Promise<boolean> {
    const { ctx } = this
    try {
      for (let after = '0'; !signal.aborted; ) {
        const sessionIds = await findGroupsOf(ctx.db, userId, after, BATCH)
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

function leaveAll(ctx: Context, appId: string, userId: string, sessionIds: string[]): Promise<void> {
  return write(ctx, appId, async (trx, stamp) => {
    for (const sessionId of sessionIds) {
      const session = await findSession(trx, appId, sessionId)
      const member = session && (await findMember(trx, sessionId, userId))
      if (session && member && isLive(member)) await leave(trx, stamp, session, member, true)
    }
  })
}
