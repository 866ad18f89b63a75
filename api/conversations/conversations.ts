import type { ListObject, UserConversationObject } from '../../shared/wire/objects.js'
import { BEGINNING } from '../../shared/wire/time.js'
import type { Context } from '../context.js'
import type { Viewer } from '../http/viewer.js'
import { list, MAX_LIMIT, type PageRequest } from '../sync/collection.js'
import { requireOwner } from '../users/users.js'
import { userConversations } from './collection.js'
import { laneOf } from './small-lists.js'

/** The delta of one's own conversation list. Throws NotAllowed, and NotFound for an administrator of another app. */
export async function listConversations(
  ctx: Context,
  viewer: Viewer,
  userId: string,
  request: PageRequest,
): Promise<ListObject<UserConversationObject>> {
  await requireOwner(ctx, viewer, userId)
  const { cursor, limit = MAX_LIMIT, offset = 0, filterTerm } = request
  // Without a cursor it is seldom small.
  if (cursor > BEGINNING && offset === 0 && filterTerm === undefined) {
    const small = await ctx.smallLists.submit(laneOf(userId), { userId, cursor })
    if (small && small.length < limit) {
      const entries = small.map((row) => userConversations.present(row, { userId }))
      return { total_count: entries.length, entries }
    }
  }
  return list(ctx.db, userConversations, { userId }, request)
}
