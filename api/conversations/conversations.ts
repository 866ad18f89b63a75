import type { ListObject, UserConversationObject } from '../../shared/wire/objects.js'
import type { Context } from '../context.js'
import type { Viewer } from '../http/viewer.js'
import { isSeldomLong, list, MAX_LIMIT, type PageRequest } from '../sync/collection.js'
import { requireOwner } from '../users/users.js'
import { userConversations } from './collection.js'

/** The delta of one's own conversation list. Throws NotAllowed, and NotFound for an administrator of another app. */
export async function listConversations(
  ctx: Context,
  viewer: Viewer,
  userId: string,
  request: PageRequest,
): Promise<ListObject<UserConversationObject>> {
  await requireOwner(ctx, viewer, userId)
  const { cursor, limit = MAX_LIMIT } = request
  if (isSeldomLong(request)) {
    const small = await ctx.smallLists.ask(userId, { userId, cursor })
    if (small && small.length < limit) {
      const entries = small.map((row) => userConversations.present(row, { userId }))
      return { total_count: entries.length, entries }
    }
  }
  return list(ctx.db, userConversations, { userId }, request)
}
