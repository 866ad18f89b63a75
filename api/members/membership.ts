import { AppError } from '../../shared/server/app-error.js'
import type { MemberRole } from '../../shared/wire/objects.js'
import { SyncType } from '../../shared/wire/sync-types.js'
import { systemContent, systemText } from '../../shared/wire/texts.js'
import type { Stamp } from '../../shared/wire/time.js'
import {
  announce,
  favouritesChanged,
  ownCollectionChanged,
  removedFromSession,
  sessionChanged,
} from '../announce/announce.js'
import type { Context } from '../context.js'
import type { Db, Trx } from '../database/database.js'
import { findMessageCount, insertSystemMessage } from '../messages/store.js'
import { isLive } from '../sessions/access.js'
import { type SessionRow, stampMembership, updateSession } from '../sessions/store.js'
import { getUser } from '../users/users.js'
import {
  countLiveMembers,
  demoteMaster,
  findGroupSizeLimit,
  findMaster,
  findMember,
  findOldestLiveMembers,
  findSuccessor,
  insertMember,
  type MemberRow,
  reviveMember,
  tombstoneMember,
  type UserMemberRow,
  updateMembership,
  updateRole,
} from './store.js'

/** What the rules about members share. All of it runs under the stamp. */

/** Lets a user in, for the first time or again under the ids of before. Throws Conflict when the group is full. */
export async function enter(
  ctx: Pick<Context, 'config'>,
  trx: Trx,
  stamp: Stamp,
  session: SessionRow,
  user: { id: string; name: string },
  role: MemberRole,
): Promise<MemberRow> {
  const known = await findMember(trx, session.id, user.id)
  if (isLive(known)) throw new Error(`user ${user.id} is in session ${session.id} already`)
  await requireRoom(ctx, trx, session)
  const messageCount = await findMessageCount(trx, session.id)
  const place = { sessionId: session.id, userId: user.id, role, messageCount, peerId: null }
  const entered = known
    ? await reviveMember(trx, stamp, known, role, messageCount)
    : await insertMember(trx, stamp, place)
  await membershipChanged(trx, stamp, session, systemText.memberJoined(user.name))
  // A favourite of the group that was kept while its owner was out is no longer frozen.
  if (known) await announce(trx, stamp, [ownCollectionChanged(user.id, SyncType.userSessions)])
  return entered
}

/** Throws Conflict when the group has as many members as the app lets it have. */
export async function requireRoom(
  { config }: Pick<Context, 'config'>,
  trx: Trx,
  session: SessionRow,
): Promise<void> {
  const limit = (await findGroupSizeLimit(trx, session.app_id)) ?? config.groupSizeLimit
  if ((await countLiveMembers(trx, session.id, limit)) < limit) return
  throw new AppError('Conflict', `the group is full: it may have ${limit} members`)
}

/** Every change of who is in: new mts, the group's name after its members, a system message, the news. */
export async function membershipChanged(
  trx: Trx,
  stamp: Stamp,
  session: SessionRow,
  text: string,
): Promise<void> {
  const name = session.name_changed ? undefined : await nameAfterMembers(trx, session.id)
  await stampMembership(trx, stamp, session.id, name)
  await insertSystemMessage(trx, stamp, session.id, systemContent(text))
  await announce(trx, stamp, [
    sessionChanged({ type: session.type, id: session.id, mts: stamp }),
    ...(name !== undefined && name !== session.name ? [favouritesChanged(session.id)] : []),
  ])
}

/** Until somebody renames it, a group is called after its first four members. (yun2win.md §1.10) */
export async function nameAfterMembers(db: Db, sessionId: string): Promise<string> {
  const oldest = await findOldestLiveMembers(db, sessionId, 4)
  return oldest.map((member) => member.name).join(',')
}

/** Another role for a live member. A group has one master: whoever was it becomes an administrator. */
export async function changeRole(
  trx: Trx,
  stamp: Stamp,
  session: SessionRow,
  member: MemberRow,
  role: MemberRole,
): Promise<MemberRow> {
  if (role === 'master') await demoteMaster(trx, stamp, session.id)
  const changed = await updateRole(trx, stamp, member.id, role)
  await updateSession(trx, stamp, session.id)
  const { id, type, mts } = session
  await announce(trx, stamp, [sessionChanged({ type, id, mts: Number(mts) })])
  return changed
}

/**
 * Makes sure that somebody runs the group, once whoever did is out or deleted: a membership change, after which
 * `membershipChanged` must follow. False when nobody is there to do it.
 */
export async function ensureMaster(trx: Trx, stamp: Stamp, sessionId: string): Promise<boolean> {
  if (await findMaster(trx, sessionId)) return true
  const successor = await findSuccessor(trx, sessionId)
  if (!successor) return false
  await demoteMaster(trx, stamp, sessionId)
  await updateMembership(trx, stamp, successor.id, { role: 'master' })
  return true
}

/** A live member goes: by himself (`isLeaving`), or sent away. A master leaves the group to a successor. */
export async function leave(
  trx: Trx,
  stamp: Stamp,
  session: SessionRow,
  member: UserMemberRow,
  isLeaving: boolean,
): Promise<void> {
  await tombstoneMember(trx, stamp, member)
  if (member.role === 'master') {
    await updateMembership(trx, stamp, member.id, { role: 'user' })
    await ensureMaster(trx, stamp, session.id)
  }
  const user = await getUser({ db: trx }, session.app_id, member.user_id)
  await membershipChanged(trx, stamp, session, systemText.memberLeft(user.name))
  await announce(trx, stamp, [
    // Whoever leaves by himself has forgotten the session already: its messages must not be named. (§3 #24)
    isLeaving
      ? ownCollectionChanged(member.user_id, SyncType.userConversations)
      : removedFromSession(session, member.user_id),
  ])
}
