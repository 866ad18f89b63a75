import { AppError } from '../../shared/server/app-error.js'
import type { PostMemberBody, UpdateMemberBody } from '../../shared/wire/members.js'
import type { ListObject, MemberObject, MemberRole } from '../../shared/wire/objects.js'
import type { Stamp } from '../../shared/wire/time.js'
import { announce, sessionChanged } from '../announce/announce.js'
import { tellNow } from '../announce/tell-now.js'
import type { Context } from '../context.js'
import type { Db, Trx } from '../database/database.js'
import type { Viewer } from '../http/viewer.js'
import { getSessionAccess, isLive, type SessionAccess } from '../sessions/access.js'
import { type Action, requireAllowed } from '../sessions/permissions.js'
import { requireGroup } from '../sessions/sessions.js'
import { type SessionRow, stampMembership } from '../sessions/store.js'
import { findEntry, list, type PageRequest, pull } from '../sync/collection.js'
import { write } from '../sync/write.js'
import type { UserRow } from '../users/store.js'
import { getLiveUser } from '../users/users.js'
import { members } from './collection.js'
import { deleteInvites, findInvited } from './invite-store.js'
import { changeRole, ensureMaster, enter, leave } from './membership.js'
import { demoteMaster, findMember, findMemberById, type MemberRow, updateMembership } from './store.js'

/** For whoever was removed as it was then, with his own tombstone. Throws NotFound, NotAllowed. */
export async function listMembers(
  ctx: Context,
  viewer: Viewer,
  sessionId: string,
  request: PageRequest,
): Promise<ListObject<MemberObject>> {
  return readAllowed(ctx, viewer, sessionId, (scope) =>
    list(ctx.db, members, { ...scope, since: request.cursor }, request),
  )
}

/** One member, as the list has it. Throws NotFound, NotAllowed. */
export async function getMember(
  ctx: Context,
  viewer: Viewer,
  sessionId: string,
  memberId: string,
): Promise<MemberObject> {
  const member = await readAllowed(ctx, viewer, sessionId, (scope) =>
    findEntry(ctx.db, members, { ...scope, memberId }),
  )
  if (!member) throw new AppError('NotFound', 'there is no such member')
  return member
}

/**
 * Reads members as far as the viewer may. Asked before and after: whoever was removed meanwhile could be given what
 * came after his removal, so it is read again, as it was then. Throws NotFound, NotAllowed.
 */
async function readAllowed<T>(
  ctx: Context,
  viewer: Viewer,
  sessionId: string,
  read: (scope: ReturnType<typeof scopeOf>) => Promise<T>,
): Promise<T> {
  const ask = async () => scopeOf(await getSessionAccess(ctx, viewer, sessionId, 'readMembers'))
  const before = await ask()
  const found = await read(before)
  // As of a removal it never changes.
  if (before.asOf !== undefined) return found
  const after = await ask()
  return after.asOf === undefined ? found : read(after)
}

function scopeOf({ session, member }: SessionAccess) {
  const asOf = member && !isLive(member) ? member.created_at : undefined
  return { sessionId: session.id, asOf }
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
  const look = async (db: Db) => {
    const access = await getSessionAccess({ db }, viewer, sessionId)
    requireGroup(access.session)
    if (access.role !== 'founder') requireAllowed(access.role, 'addMember')
    // Deleted, a user does not come back: whoever is taken out of his groups stays out.
    const user = await getLiveUser({ db }, viewer.appId, body.userId)
    const known = await findMember(db, sessionId, user.id)
    const present = isLive(known) ? known : undefined
    const wanted = present && roleToGive(access, present, body.role)
    return { access, user, present, wanted, invited: await findPending(db, sessionId, user) }
  }
  const before = await look(ctx.db)
  if (before.present && !before.wanted && !before.invited) {
    return presentMember(ctx, sessionId, before.present)
  }
  const member = await write(ctx, viewer.appId, async (trx, stamp) => {
    const { access, user, present, wanted, invited } = await look(trx)
    if (!present) return addUser(ctx, trx, stamp, viewer, access, user, body.role)
    const member = wanted ? await changeRole(trx, stamp, access.session, present, wanted) : present
    if (invited) await withdrawInvitation(trx, stamp, access.session, invited)
    return member
  })
  return presentMember(ctx, sessionId, member)
}

/** Who is in already stays, as what he is made; undefined: that is what he is. Throws NotAllowed, Conflict. */
function roleToGive(
  { role }: SessionAccess,
  member: MemberRow,
  wanted: MemberRole | undefined,
): MemberRole | undefined {
  if (wanted === undefined || wanted === member.role) return undefined
  requireMayMake(role, member, wanted)
  return wanted
}

/**
 * The invitation that waits under a user's address. He may be a member already: accounts can move to an address
 * that was invited. It is nobody's until he is added or invited, since nobody has proved that the address is his.
 */
export async function findPending(db: Db, sessionId: string, user: UserRow): Promise<MemberRow | undefined> {
  const invited = await findInvited(db, sessionId, user.email)
  return invited && !invited.is_deleted ? invited : undefined
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
  const invited = await findPending(trx, session.id, user)
  if (invited) await withdraw(trx, stamp, invited)

  if (role === 'founder') {
    if (user.id !== viewer.userId) throw new AppError('NotAllowed', 'the creator of a group joins it first')
    return enter(ctx, trx, stamp, session, user, 'master')
  }
  requireAllowed(role, 'addMember')
  if (wanted === 'admin') requireAllowed(role, 'giveRoles')
  if (wanted === 'master') requireAllowed(role, 'addMaster')
  // Only an application can come upon a group that nobody is in.
  const hasMaster = await ensureMaster(trx, stamp, session.id)
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
    // A deleted user is about to be taken out.
    if (member.user_id !== null) await getLiveUser({ db }, viewer.appId, member.user_id)
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
  const change = await write(ctx, viewer.appId, async (trx, stamp) => {
    const { session, member, isLeaving, isGone } = await look(trx)
    if (isGone) return undefined
    if (member.user_id === null) await withdrawInvitation(trx, stamp, session, member)
    else await leave(trx, stamp, session, { ...member, user_id: member.user_id }, isLeaving)
    return sessionChanged({ type: session.type, id: session.id, mts: stamp })
  })
  // After the answer nothing of the session reaches whoever was removed (I5).
  if (change) await tellNow(ctx, change)
}

const REMOVALS: Record<MemberRole, Action> = {
  master: 'removeMaster',
  admin: 'removeAdmin',
  user: 'removeUser',
  email: 'removeInvited',
}

/** Nobody has come or gone, so there is nothing to say in the group; but its mts counts invitations too. */
export async function withdrawInvitation(
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
