import { AppError } from '../../shared/server/app-error.js'
import type { Context } from '../context.js'
import type { Viewer } from '../http/viewer.js'
import { findMember, hasMembers, type MemberRow } from '../members/store.js'
import { type Action, requireAllowed, type SessionRole } from './permissions.js'
import { findSession, type SessionRow } from './store.js'

/** A session as its viewer stands to it. `member` is undefined for an administrator and for its founder. */
export interface SessionAccess {
  session: SessionRow
  member: MemberRow | undefined
  role: SessionRole
}

/**
 * Finds a session and makes sure that the viewer may do this to it. Under the stamp, give it the transaction
 * as `db`. Throws NotFound, also for sessions of other apps, and NotAllowed.
 */
export async function getSessionAccess(
  { db }: Pick<Context, 'db'>,
  viewer: Viewer,
  sessionId: string,
  action: Action = 'readSession',
): Promise<SessionAccess> {
  const session = await findSession(db, viewer.appId, sessionId)
  if (!session) throw new AppError('NotFound', 'there is no such session')
  const member = viewer.isAdmin ? undefined : await findMember(db, sessionId, viewer.userId)
  const access = { session, member, role: await roleOf(db, viewer, session, member) }
  requireAllowed(access.role, action)
  return access
}

async function roleOf(
  db: Context['db'],
  viewer: Viewer,
  session: SessionRow,
  member: MemberRow | undefined,
): Promise<SessionRole> {
  if (viewer.isAdmin) return 'application'
  if (member) return isLive(member) ? rankOf(member) : 'removed'
  const isNewAndOnesOwn = session.creator_id === viewer.userId && !(await hasMembers(db, session.id))
  return isNewAndOnesOwn ? 'founder' : 'stranger'
}

function rankOf({ role }: MemberRow): SessionRole {
  return role === 'master' || role === 'admin' ? role : 'user'
}

/** A member who is in the session now. */
export function isLive(member: Pick<MemberRow, 'is_deleted' | 'status'> | undefined): boolean {
  return member !== undefined && !member.is_deleted && member.status === 'active'
}
