import { AppError } from '../../shared/server/app-error.js'
import type { PostMemberBody, UpdateMemberBody } from '../../shared/wire/members.js'
import type { ListObject, MemberObject, MemberRole } from '../../shared/wire/objects.js'
import { SyncType } from '../../shared/wire/sync-types.js'
import { systemText } from '../../shared/wire/texts.js'
import type { Stamp } from '../../shared/wire/time.js'
import { announce, ownCollectionChanged, removedFromSession, sessionChanged } from '../announce/announce.js'
import type { Context } from '../context.js'
import type { Db, Trx } from '../database/database.js'
import type { Viewer } from '../http/viewer.js'
import { getSessionAccess, isLive, type SessionAccess } from '../sessions/access.js'
import { type Action, requireAllowed } from '../sessions/permissions.js'
import { requireGroup } from '../sessions/sessions.js'
import { type SessionRow, stampMembership } from '../sessions/store.js'
import { list, type PageRequest, pull } from '../sync/collection.js'
import { write } from '../sync/write.js'
import type { UserRow } from '../users/store.js'
import { getUser } from '../users/users.js'
import { members } from './collection.js'
import { deleteInvites, findInvited } from './invite-store.js'
import { changeRole, demoteMaster, enter, membershipChanged } from './membership.js'
import {
  findMaster,
  findMember,
  findMemberById,
  findSuccessor,
  type MemberRow,
  tombstoneMember,
  type UserMemberRow,
  updateMembership,
} from './store.js'

/**
 * Whoever was removed finds his own tombstone in it, and nothing of what became of the others since (I5). If
 * he comes back, all of that is newer than his cursor.
 */
export async function listMembers(
  ctx: Context,
  viewer: Viewer,
  sessionId: string,
  request: PageRequest,
): Promise<ListObject<MemberObject>> {
  const access = await getSessionAccess(ctx, viewer, sessionId, 'readMembers')
  return list(ctx.db, members, scopeOf(access), request)
}

/** One member, as the list has it. Throws NotFound, NotAllowed. */
export async function getMember(
  ctx: Context,
  viewer: Viewer,
  sessionId: string,
  memberId: string,
): Promise<MemberObject> {
  const access = await getSessionAccess(ctx, viewer, sessionId, 'readMembers')
  const scope = { ...scopeOf(access), memberId }
  const { rows } = await pull(ctx.db, members, scope, { cursor: 0, limit: 1 })
  const [row] = rows
  if (!row) throw new AppError('NotFound', 'there is no such member')
  return members.present(row, scope)
}

function scopeOf({ session, member }: SessionAccess) {
  const removed =
    member?.user_id && !isLive(member) ? { userId: member.user_id, at: member.created_at } : undefined
  return { sessionId: session.id, removed }
}

/**
 * Any live member may add; a group's first member is its creator. A live member is given the posted role, by
 * those who may. Throws NotFound, NotAllowed, and Conflict when the group is full.
 */
export async function addMember(
  ctx: Context,
  viewer: Viewer,
  sessionId: string,
  body: PostMemberBody,
): Promise<MemberObject> {
  const { session } = await getSessionAccess(ctx, viewer, sessionId)
  requireGroup(session)
  const user = await getUser(ctx, viewer.appId, body.userId)
  if (user.is_deleted) throw new AppError('NotFound', 'there is no such user')

  const member = await write(ctx, viewer.appId, async (trx, stamp) => {
    const access = await getSessionAccess({ db: trx }, viewer, sessionId)
    const known = await findMember(trx, sessionId, user.id)
    if (known && isLive(known)) return postedAgain(trx, stamp, access, known, body.role)
    return addUser(ctx, trx, stamp, viewer, access, user, body.role)
  })
  return presentMember(ctx, sessionId, member)
}

/** Who is in already stays, as what he is made. */
async function postedAgain(
  trx: Trx,
  stamp: Stamp,
  { session, role }: SessionAccess,
  member: MemberRow,
  wanted: MemberRole | undefined,
): Promise<MemberRow> {
  requireAllowed(role, 'addMember')
  if (wanted === undefined || wanted === member.role) return member
  requireMayMake(role, member, wanted)
  return changeRole(trx, stamp, session, member, wanted)
}

/** Lets a user in who is not. An invitation of his address by e-mail has come true with that. */
export async function addUser(
  ctx: Context,
  trx: Trx,
  stamp: Stamp,
  viewer: Viewer,
  { session, role }: SessionAccess,
  user: UserRow,
  wanted: MemberRole = 'user',
): Promise<MemberRow> {
  const invited = await findInvited(trx, session.id, user.email)
  if (invited && !invited.is_deleted) await withdraw(trx, stamp, invited)

  if (role === 'founder') {
    if (user.id !== viewer.userId) throw new AppError('NotAllowed', 'the creator of a group joins it first')
    return enter(ctx, trx, stamp, session, user, 'master')
  }
  requireAllowed(role, 'addMember')
  if (wanted === 'admin') requireAllowed(role, 'giveRoles')
  if (wanted === 'master') requireAllowed(role, 'addMaster')
  // Only an application can come upon a group that nobody runs.
  const hasMaster = (await findMaster(trx, session.id)) !== undefined
  if (wanted === 'master' && hasMaster) await demoteMaster(trx, stamp, session.id)
  return enter(ctx, trx, stamp, session, user, hasMaster ? wanted : 'master')
}

/**
 * Changes a member's role. Mastership is handed over by making somebody else master: whoever was it becomes
 * an administrator, and may say so himself afterwards, as old clients do. Throws NotFound, NotAllowed, Conflict.
 */
export async function updateMember(
  ctx: Context,
  viewer: Viewer,
  sessionId: string,
  memberId: string,
  body: UpdateMemberBody,
): Promise<MemberObject> {
  const look = async (db: Db) => {
    const { session, role } = await getSessionAccess({ db }, viewer, sessionId)
    requireGroup(session)
    const member = await findMemberById(db, sessionId, memberId)
    const wanted = body.role ?? member?.role
    const isOwnAndSame = member?.user_id === viewer.userId && wanted === member.role
    requireAllowed(role, isOwnAndSame ? 'confirmOwnRole' : 'giveRoles')
    if (!member || !isLive(member)) throw new AppError('NotFound', 'there is no such member')
    if (body.userId !== undefined && body.userId !== member.user_id) {
      throw new AppError('InvalidParameter', 'userId: cannot be changed')
    }
    if (wanted === undefined || wanted === member.role) return { session, member, wanted: undefined }
    requireMayMake(role, member, wanted)
    return { session, member, wanted }
  }

  const before = await look(ctx.db)
  if (before.wanted) {
    await write(ctx, viewer.appId, async (trx, stamp) => {
      const { session, member, wanted } = await look(trx)
      if (wanted) await changeRole(trx, stamp, session, member, wanted)
    })
  }
  return presentMember(ctx, sessionId, before.member)
}

/** Throws NotAllowed, and Conflict for what would leave a group without a master. */
function requireMayMake(role: SessionAccess['role'], member: MemberRow, wanted: MemberRole): void {
  requireAllowed(role, wanted === 'master' ? 'transferMastership' : 'giveRoles')
  if (member.role === 'master') {
    throw new AppError('Conflict', 'a group has a master: make somebody else master instead')
  }
}

/** Leaving, removal by somebody of higher rank, or withdrawal of an invitation. Throws NotFound, NotAllowed. */
export async function removeMember(
  ctx: Context,
  viewer: Viewer,
  sessionId: string,
  memberId: string,
): Promise<void> {
  const look = async (db: Db) => {
    const { session, role } = await getSessionAccess({ db }, viewer, sessionId)
    requireGroup(session)
    const member = await findMemberById(db, sessionId, memberId)
    if (!member) throw new AppError('NotFound', 'there is no such member')
    const isLeaving = member.user_id === viewer.userId
    // Whoever is out may leave once more: the first answer was lost.
    if (!isLeaving) requireAllowed(role, REMOVALS[member.role])
    return { session, member, isLeaving, isGone: member.is_deleted }
  }
  if ((await look(ctx.db)).isGone) return
  await write(ctx, viewer.appId, async (trx, stamp) => {
    const { session, member, isLeaving, isGone } = await look(trx)
    if (isGone) return
    if (member.user_id === null) return withdrawInvitation(trx, stamp, session, member)
    await removeUser(ctx, trx, stamp, session, { ...member, user_id: member.user_id }, isLeaving)
  })
}

const REMOVALS: Record<MemberRole, Action> = {
  master: 'removeMaster',
  admin: 'removeAdmin',
  user: 'removeUser',
  email: 'removeInvited',
}

async function removeUser(
  ctx: Context,
  trx: Trx,
  stamp: Stamp,
  session: SessionRow,
  member: UserMemberRow,
  isLeaving: boolean,
): Promise<void> {
  await tombstoneMember(trx, stamp, member)
  if (member.role === 'master') {
    await updateMembership(trx, stamp, member.id, { role: 'user' })
    const successor = await findSuccessor(trx, session.id, member.id)
    if (successor) await updateMembership(trx, stamp, successor.id, { role: 'master' })
  }
  const user = await getUser({ ...ctx, db: trx }, session.app_id, member.user_id)
  await membershipChanged(trx, stamp, session, systemText.memberLeft(user.name))
  await announce(trx, stamp, [
    // Whoever leaves by himself has forgotten the session already: its messages must not be named. (§3 #24)
    isLeaving
      ? ownCollectionChanged(member.user_id, SyncType.userConversations)
      : removedFromSession(session, member.user_id),
  ])
}

/** Nobody has come or gone, so there is nothing to say in the group; but its mts counts invitations too. */
async function withdrawInvitation(
  trx: Trx,
  stamp: Stamp,
  session: SessionRow,
  invited: MemberRow,
): Promise<void> {
  await withdraw(trx, stamp, invited)
  await stampMembership(trx, stamp, session.id)
  await announce(trx, stamp, [sessionChanged({ type: session.type, id: session.id, mts: stamp })])
}

async function withdraw(trx: Trx, stamp: Stamp, invited: MemberRow): Promise<void> {
  await updateMembership(trx, stamp, invited.id, { is_deleted: true })
  await deleteInvites(trx, invited.id)
}

/** A member as whoever has just changed it sees it. */
export async function presentMember(
  ctx: Context,
  sessionId: string,
  { id: memberId }: { id: string },
): Promise<MemberObject> {
  const scope = { sessionId, memberId }
  const { rows } = await pull(ctx.db, members, scope, { cursor: 0, limit: 1 })
  const [row] = rows
  if (!row) throw new Error(`member ${memberId} is gone`)
  return members.present(row, scope)
}
