import { AppError } from '../../shared/server/app-error.js'
import type { ListObject, UserObject } from '../../shared/wire/objects.js'
import type { Context } from '../context.js'
import type { Viewer } from '../http/viewer.js'
import { DEFAULT_LIMIT, list, type PageRequest } from '../sync/collection.js'
import { users } from './collection.js'
import { presentToOthers, presentUser } from './present.js'
import { searchUsers } from './store.js'

/**
 * With a filter term: live users who are called exactly that, or whose account it is. Without: the delta of all
 * users of the app, for its administrators. Throws NotAllowed.
 */
export async function listUsers(
  ctx: Context,
  viewer: Viewer,
  request: PageRequest,
): Promise<ListObject<UserObject>> {
  const { filterTerm } = request
  if (!filterTerm) {
    if (!viewer.isAdmin) throw new AppError('NotAllowed', 'only an administrator of the app sees all users')
    return list(ctx.db, users, { appId: viewer.appId }, { ...request, filterTerm: undefined })
  }
  const account = accountIn(filterTerm)
  const { rows, totalCount } = await searchUsers(
    ctx.db,
    viewer.appId,
    { account, name: filterTerm.trim() },
    { newerThan: request.cursor, limit: request.limit ?? DEFAULT_LIMIT, offset: request.offset ?? 0 },
  )
  const present = (row: (typeof rows)[number]) =>
    viewer.isAdmin || row.id === viewer.userId
      ? presentUser(row)
      : presentToOthers(row, { isAccountKnown: row.email === account })
  return { total_count: totalCount, entries: rows.map(present) }
}

/** Old clients put the account into the URL as it is, so a `+` arrives as a space. (yun2win.md §3 #21) */
function accountIn(term: string): string {
  return term.trim().toLowerCase().replaceAll(' ', '+')
}
