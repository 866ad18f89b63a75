import { AppError } from '../../shared/server/app-error.js'
import type { ListObject, SessionObject } from '../../shared/wire/objects.js'
import type { SessionType } from '../../shared/wire/session-types.js'
import type { CreateSessionBody, SessionEntryObject, UpdateSessionBody } from '../../shared/wire/sessions.js'
import { systemContent, systemText } from '../../shared/wire/texts.js'
import type { Stamp } from '../../shared/wire/time.js'
import { announce, favouritesChanged, sessionChanged, sessionDeleted } from '../announce/announce.js'
import { tellNow } from '../announce/tell-now.js'
import type { Context } from '../context.js'
import type { Db, Trx } from '../database/database.js'
import { requireSelf, type Viewer } from '../http/viewer.js'
import { deleteUnsentInvites } from '../members/invite-store.js'
import { nameAfterMembers } from '../members/membership.js'
import { insertMember } from '../members/store.js'
import { insertSystemMessage } from '../messages/store.js'
import { list, type PageRequest, pull } from '../sync/collection.js'
import { write } from '../sync/write.js'
import { getLiveUser } from '../users/users.js'
import { getSessionAccess } from './access.js'
import { appSessions, ownSessions } from './collection.js'
import { requireAllowed, type SessionRole } from './permissions.js'
import { presentSession } from './present.js'
import { findPairSession, insertSession, type SessionRow, tombstoneSession, updateSession } from './store.js'

/** Also for the creator of a session that has no members yet, and, as it was then, for who was removed. */
export async function getSession(ctx: Context, viewer: Viewer, sessionId: string): Promise<SessionObject> {
  const { session, role } = await getSessionAccess(ctx, viewer, sessionId)
  if (role !== 'removed') return presentSession(session)
  const scope = { userId: viewer.userId, sessionId }
  const [asItWas] = (await pull(ctx.db, ownSessions, scope, { cursor: 0, limit: 1 })).rows
  if (!asItWas) throw new AppError('NotFound', 'there is no such session')
  return presentSession(asItWas)
}

/** The delta of the sessions one is or was in; for an administrator all of the app. */
export async function listSessions(
  ctx: Context,
  viewer: Viewer,
  request: PageRequest,
): Promise<ListObject<SessionEntryObject>> {
  if (viewer.isAdmin) return list(ctx.db, appSessions, { appId: viewer.appId }, request)
  return list(ctx.db, ownSessions, { userId: viewer.userId }, request)
}

/**
 * Changes what a group is called and looks like. A name of its own keeps: it is no longer named after its
 * members. Throws NotFound, NotAllowed.
 */
export async function changeSession(
  ctx: Context,
  viewer: Viewer,
  sessionId: string,
  body: UpdateSessionBody,
): Promise<SessionObject> {
  const look = async (db: Db) => {
    const { session, role } = await getSessionAccess({ db }, viewer, sessionId, 'readMessages')
    requireGroup(session)
    return { session, change: await decideChange(db, session, role, body) }
  }
  const before = await look(ctx.db)
  if (!before.change) return presentSession(before.session)
  const changed = await write(ctx, viewer.appId, async (trx, stamp) => {
    const { session, change } = await look(trx)
    if (!change) return session
    const { id, type, mts } = session
    await announce(trx, stamp, [sessionChanged({ type, id, mts: Number(mts) }), favouritesChanged(id)])
    return updateSession(trx, stamp, id, change)
  })
  return presentSession(changed)
}

/** The columns that become different; undefined when none does. Throws NotAllowed. */
async function decideChange(db: Db, session: SessionRow, role: SessionRole, body: UpdateSessionBody) {
  const wanted = {
    ...(await decideName(db, session, body)),
    avatar_url: body.avatarUrl,
    secure_type: body.secureType,
    description: body.description,
  }
  const entries = Object.entries(wanted) as [keyof typeof wanted, unknown][]
  const changes = entries.filter(([column, value]) => value !== undefined && value !== session[column])
  // Who may not change anything may not pretend to, either.
  if (changes.length === 0) requireAllowed(role, 'rename')
  for (const [column] of changes) requireAllowed(role, ACTIONS[column])
  return changes.length === 0 ? undefined : (Object.fromEntries(changes) as Partial<typeof wanted>)
}

const ACTIONS = {
  name: 'rename',
  name_changed: 'rename',
  avatar_url: 'changeAvatar',
  secure_type: 'changeSettings',
  description: 'changeSettings',
} as const

async function decideName(db: Db, session: SessionRow, { name, nameChanged }: UpdateSessionBody) {
  if (nameChanged === false) {
    return {
      name: session.name_changed ? await nameAfterMembers(db, session.id) : undefined,
      name_changed: null,
    }
  }
  const isRenamed = Boolean(name) && name !== session.name
  return { name: name || undefined, name_changed: isRenamed || nameChanged ? true : undefined }
}

/** Takes a group from all its members. Nothing in it can be read any more. Throws NotFound, NotAllowed. */
export async function deleteSession(ctx: Context, viewer: Viewer, sessionId: string): Promise<void> {
  const look = async (db: Db) => {
    const { session } = await getSessionAccess({ db }, viewer, sessionId, 'deleteSession')
    requireGroup(session)
    return session
  }
  await look(ctx.db)
  const change = await write(ctx, viewer.appId, async (trx, stamp) => {
    const { id, type } = await look(trx)
    await tombstoneSession(trx, stamp, id)
    await deleteUnsentInvites(trx, id)
    const deleted = sessionDeleted({ type, id, mts: stamp })
    await announce(trx, stamp, [deleted, favouritesChanged(id)])
    return deleted
  })
  await tellNow(ctx, change)
}

/** Throws NotAllowed. */
export function requireGroup(session: SessionRow): void {
  if (session.type !== 'group') throw new AppError('NotAllowed', 'only a group can be changed')
}

/** The one session of two users; created with both as members and a first system message. */
export async function getOrCreateP2p(
  ctx: Context,
  viewer: Viewer,
  a: string,
  b: string,
): Promise<SessionObject> {
  requireSelf(viewer, viewer.userId === b ? b : a)
  const [first, second] = BigInt(a) < BigInt(b) ? [a, b] : [b, a]
  return getOrCreatePair(ctx, viewer, 'p2p', [first, second])
}

/** A user's session with their own devices: one member, no message. */
export async function getOrCreateSingle(
  ctx: Context,
  viewer: Viewer,
  userId: string,
): Promise<SessionObject> {
  requireSelf(viewer, userId)
  return getOrCreatePair(ctx, viewer, 'single', [userId])
}

async function getOrCreatePair(
  ctx: Context,
  viewer: Viewer,
  type: SessionType,
  userIds: string[],
): Promise<SessionObject> {
  const { appId } = viewer
  const pairKey = userIds.join(':')
  const existing = await findPairSession(ctx.db, appId, type, pairKey)
  if (existing) return presentSession(existing)

  const memberIds = [...new Set(userIds)]
  const requireLiveUsers = async (db: Db) => {
    for (const userId of memberIds) await getLiveUser({ db }, appId, userId)
  }
  await requireLiveUsers(ctx.db)
  const session = await write(ctx, appId, async (trx, stamp) => {
    // Somebody may have created it while we looked; from here on nobody else can.
    const createdMeanwhile = await findPairSession(trx, appId, type, pairKey)
    if (createdMeanwhile) return createdMeanwhile
    await requireLiveUsers(trx)
    return insertPair(trx, stamp, { appId, type, pairKey, memberIds })
  })
  return presentSession(session)
}

async function insertPair(
  trx: Trx,
  stamp: Stamp,
  pair: { appId: string; type: SessionType; pairKey: string; memberIds: string[] },
): Promise<SessionRow> {
  const session = await insertSession(trx, {
    app_id: pair.appId,
    type: pair.type,
    pair_key: pair.pairKey,
    creator_id: pair.memberIds[0] as string,
    mts: String(stamp),
    created_at: String(stamp),
    v: String(stamp),
  })
  for (const userId of pair.memberIds) {
    const peerId = pair.memberIds.find((other) => other !== userId)
    await insertMember(trx, stamp, {
      sessionId: session.id,
      userId,
      role: 'user',
      messageCount: 0,
      // A session with oneself has oneself as its other side: that keeps it out of the list.
      peerId: pair.type === 'p2p' ? (peerId ?? userId) : null,
    })
  }
  if (pair.memberIds.length === 2) {
    await insertSystemMessage(trx, stamp, session.id, systemContent(systemText.p2pCreated()))
  }
  await announce(trx, stamp, [sessionChanged({ type: session.type, id: session.id, mts: stamp })])
  return session
}

/** A group without members: its creator adds himself first. (yun2win.md §1.9) */
export async function createGroup(
  ctx: Context,
  viewer: Viewer,
  body: CreateSessionBody,
): Promise<SessionObject> {
  if (viewer.isAdmin) throw new AppError('NotAllowed', 'a group is created by a user')
  const session = await write(ctx, viewer.appId, (trx, stamp) =>
    insertSession(trx, {
      app_id: viewer.appId,
      type: 'group',
      pair_key: null,
      creator_id: viewer.userId,
      name: body.name ?? '',
      name_changed: body.nameChanged || null,
      secure_type: body.secureType ?? 'private',
      avatar_url: body.avatarUrl ?? '',
      description: body.description ?? '',
      mts: String(stamp),
      created_at: String(stamp),
      v: String(stamp),
    }),
  )
  return presentSession(session)
}
