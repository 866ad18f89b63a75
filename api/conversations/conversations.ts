import type { ListObject, UserConversationObject } from '../../shared/wire/objects.js'
import type { Context } from '../context.js'
import type { Viewer } from '../http/viewer.js'
import { list, type PageRequest } from '../sync/collection.js'
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
  return list(ctx.db, userConversations, { userId }, request)
}
