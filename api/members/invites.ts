import { AppError } from '../../shared/server/app-error.js'
import type { InviteBody } from '../../shared/wire/members.js'
import type { MemberObject } from '../../shared/wire/objects.js'
import { systemText } from '../../shared/wire/texts.js'
import type { Stamp } from '../../shared/wire/time.js'
import { announce, sessionChanged } from '../announce/announce.js'
import type { Context } from '../context.js'
import type { Db, Trx } from '../database/database.js'
import type { Viewer } from '../http/viewer.js'
import { findMessageCount } from '../messages/store.js'
import { getSessionAccess, isLive } from '../sessions/access.js'
import { requireGroup } from '../sessions/sessions.js'
import { findSession, type SessionRow, stampMembership, updateSession } from '../sessions/store.js'
import { write } from '../sync/write.js'
import { findUserByEmail, type UserRow } from '../users/store.js'
import { hashInviteKey } from './invite-mails.js'
import {
  becomeUser,
  deleteInvites,
  findInviteByKeyHash,
  findInvited,
  insertInvited,
  inviteAgain,
  queueInvite,
} from './invite-store.js'
import { addUser, findPending, presentMember, withdrawInvitation } from './members.js'
import { membershipChanged, requireRoom } from './membership.js'
import { findMember, findMemberById, insertConversation, type MemberRow } from './store.js'

/**
 * Invites an address. Whoever has an account under it is added at once; else the address is listed with role
 * `email` and a mail is on its way. Throws NotFound, NotAllowed, InvalidParameter, Conflict.
 */
export async function inviteMember(
  ctx: Context,
  viewer: Viewer,
  sessionId: string,
  { email }: InviteBody,
): Promise<MemberObject> {
  const look = async (db: Db) => {
    const access = await getSessionAccess({ db }, viewer, sessionId, 'invite')
    requireGroup(access.session)
    const user = await findUserByEmail(db, viewer.appId, email)
    if (user?.is_deleted) throw new AppError('NotFound', 'there is no such user')
    if (!user && !isAddress(email)) throw new AppError('InvalidParameter', 'email: is not an e-mail address')
    const member = user && (await findMember(db, sessionId, user.id))
    const present = isLive(member) ? member : undefined
    // He may have been in before his account moved to this address.
    return { access, user, present, invited: user && (await findPending(db, sessionId, user)) }
  }
  const before = await look(ctx.db)
  if (before.present && !before.invited) return presentMember(ctx, sessionId, before.present)
  if (!before.user && !viewer.isAdmin) await ctx.limits.take('invited', `${viewer.appId} ${mailboxOf(email)}`)
  const member = await write(ctx, viewer.appId, async (trx, stamp) => {
    const { access, user, present, invited } = await look(trx)
    if (!user) return inviteAddress(ctx, trx, stamp, viewer, access.session, email)
    if (!present) return addUser(ctx, trx, stamp, viewer, access, user)
    if (invited) await withdrawInvitation(trx, stamp, access.session, invited)
    return present
  })
  ctx.wakeMails()
  return presentMember(ctx, sessionId, member)
}

/** Where mail to an address goes: most mail servers deliver `name+anything` to `name`. */
function mailboxOf(email: string): string {
  return email.replace(/\+[^@]*@/, '@')
}

function isAddress(email: string): boolean {
  return /^[^@,;:()[\]\\]+@[^@,;:()[\]\\]+$/.test(email)
}

async function inviteAddress(
  ctx: Context,
  trx: Trx,
  stamp: Stamp,
  viewer: Viewer,
  session: SessionRow,
  email: string,
): Promise<MemberRow> {
  await requireRoom(ctx, trx, session)
  const known = await findInvited(trx, session.id, email)
  const isPending = known !== undefined && !known.is_deleted
  const member = known
    ? await inviteAgain(trx, stamp, known.id, !isPending)
    : await insertInvited(trx, stamp, { sessionId: session.id, email })
  await queueInvite(trx, stamp, {
    appId: session.app_id,
    sessionId: session.id,
    memberId: member.id,
    email,
    inviterId: viewer.isAdmin ? null : viewer.userId,
    expiresAt: stamp + ctx.config.inviteLifetimeMs,
  })
  // Being invited once more is no membership change.
  if (isPending) await updateSession(trx, stamp, session.id)
  else await stampMembership(trx, stamp, session.id)
  const mts = isPending ? Number(session.mts) : stamp
  await announce(trx, stamp, [sessionChanged({ type: session.type, id: session.id, mts })])
  return member
}

/** What the key of an invitation opens, for the address it was sent to. */
interface OpenInvite {
  session: SessionRow
  invited: MemberRow
}

/** Throws InvalidParameter when the key was used, withdrawn, is too old, or belongs to another address. */
export async function getOpenInvite(
  { db, now }: Pick<Context, 'db' | 'now'>,
  appId: string,
  email: string,
  key: string,
): Promise<OpenInvite> {
  const invite = await findInviteByKeyHash(db, hashInviteKey(key))
  const isOpen =
    invite && invite.app_id === appId && invite.email === email && Number(invite.expires_at) > now()
  const session = isOpen ? await findSession(db, appId, invite.session_id) : undefined
  const invited = session && invite ? await findMemberById(db, session.id, invite.member_id) : undefined
  if (!session || !invited || invited.is_deleted || invited.email !== email) {
    throw new AppError('InvalidParameter', '邀请无效或已过期')
  }
  return { session, invited }
}

/**
 * A new user comes with the key of an invitation: call it in the transaction that creates the account, so that
 * there is no account if the key opens nothing, and the key opens once. Throws InvalidParameter, Conflict.
 */
export async function acceptInvite(
  ctx: Pick<Context, 'config' | 'now'>,
  trx: Trx,
  stamp: Stamp,
  user: UserRow,
  key: string,
): Promise<void> {
  const { session, invited } = await getOpenInvite({ ...ctx, db: trx }, user.app_id, user.email, key)
  await requireRoom(ctx, trx, session)
  await becomeUser(trx, stamp, invited.id, user.id)
  await insertConversation(trx, stamp, invited.id, {
    sessionId: session.id,
    userId: user.id,
    messageCount: await findMessageCount(trx, session.id),
    peerId: null,
  })
  await deleteInvites(trx, invited.id)
  await membershipChanged(trx, stamp, session, systemText.memberJoined(user.name))
}
