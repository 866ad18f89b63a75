import { AppError } from '../../shared/server/app-error.js'
import type {
  OpenConversationBody,
  RemindBody,
  UpdateConversationBody,
} from '../../shared/wire/conversations.js'
import type { UserConversationObject } from '../../shared/wire/objects.js'
import { SyncType } from '../../shared/wire/sync-types.js'
import { systemText } from '../../shared/wire/texts.js'
import type { Stamp } from '../../shared/wire/time.js'
import { announce, ownCollectionChanged } from '../announce/announce.js'
import type { Context } from '../context.js'
import type { Db, Trx } from '../database/database.js'
import type { Viewer } from '../http/viewer.js'
import { getOrCreateP2p, getOrCreateSingle } from '../sessions/sessions.js'
import { findSession } from '../sessions/store.js'
import { findEntry } from '../sync/collection.js'
import { write } from '../sync/write.js'
import { findUser } from '../users/store.js'
import { requireOwner } from '../users/users.js'
import { userConversations } from './collection.js'
import {
  type ConversationRow,
  changeConversation,
  findConversation,
  findConversationById,
  hideConversation,
  remindOfConversation,
  showConversation,
} from './store.js'

/** Null when it is not newer than the caller's. Throws NotFound, NotAllowed. */
export async function getConversationNewerThan(
  ctx: Context,
  viewer: Viewer,
  userId: string,
  conversationId: string,
  cursor: Stamp | undefined,
): Promise<UserConversationObject | null> {
  await requireOwner(ctx, viewer, userId)
  const conversation = await getShown(ctx, userId, conversationId)
  return cursor !== undefined && Date.parse(conversation.updatedAt) <= cursor ? null : conversation
}

/**
 * Shows a conversation in the list, always under the same id: with another user (the session is created when
 * there is none), with one's own devices, or of a group that the user is or was in. Throws NotFound, NotAllowed.
 */
export async function openConversation(
  ctx: Context,
  viewer: Viewer,
  userId: string,
  body: OpenConversationBody,
): Promise<UserConversationObject> {
  await requireOwner(ctx, viewer, userId)
  const sessionId = await sessionOf(ctx, viewer, userId, body)
  const known = await findConversation(ctx.db, userId, sessionId)
  if (!known) throw new AppError('NotAllowed', 'you are not a member of this session')

  await change(ctx, viewer, userId, known.id, async (db, row) => {
    const isHidden = !(await isListed(db, userId, row.id))
    const isNewTop = body.top !== undefined && body.top !== row.is_top
    if (!isHidden && !isNewTop) return undefined
    return async (trx, stamp) => {
      if (isHidden) await showConversation(trx, stamp, row.id)
      if (isNewTop) await changeConversation(trx, stamp, row.id, { is_top: body.top as boolean })
    }
  })
  return getShown(ctx, userId, known.id)
}

/** Throws NotFound, NotAllowed. */
export async function updateConversation(
  ctx: Context,
  viewer: Viewer,
  userId: string,
  conversationId: string,
  body: UpdateConversationBody,
): Promise<UserConversationObject> {
  await requireOwner(ctx, viewer, userId)
  const { type } = await getShown(ctx, userId, conversationId)
  await change(ctx, viewer, userId, conversationId, async (db, row) => {
    const isTop = body.top ?? row.is_top
    const name = type === 'group' ? row.name : await ownName(db, viewer.appId, row, body.name)
    if (isTop === row.is_top && name === row.name) return undefined
    return (trx, stamp) => changeConversation(trx, stamp, row.id, { is_top: isTop, name })
  })
  return getShown(ctx, userId, conversationId)
}

/** Makes a conversation stand out: unread, with a text in place of its last message. Throws NotFound, NotAllowed. */
export async function remind(
  ctx: Context,
  viewer: Viewer,
  userId: string,
  conversationId: string,
  { unread, remark }: RemindBody,
): Promise<void> {
  await requireOwner(ctx, viewer, userId)
  await change(ctx, viewer, userId, conversationId, async (_db, row) => {
    // It is frozen: nobody could read it again.
    if (row.left_count !== null)
      throw new AppError('NotAllowed', 'you are no longer a member of this session')
    const text = remark || systemText.reminder()
    return (trx, stamp) => remindOfConversation(trx, stamp, row.id, { unread, text })
  })
}

/** Until the next message; membership stays as it is. Throws NotFound, NotAllowed. */
export async function deleteConversation(
  ctx: Context,
  viewer: Viewer,
  userId: string,
  conversationId: string,
): Promise<void> {
  await requireOwner(ctx, viewer, userId)
  await change(ctx, viewer, userId, conversationId, async (db, row) => {
    if (!(await isListed(db, userId, row.id))) return undefined
    return (trx, stamp) => hideConversation(trx, stamp, row.id)
  })
}

type Changing = (trx: Trx, stamp: Stamp) => Promise<void>

/**
 * One stamped change of a user's conversation, of which his devices are told. `decide` is asked before the stamp
 * and again under it; undefined: there is nothing to change.
 */
async function change(
  ctx: Context,
  viewer: Viewer,
  userId: string,
  conversationId: string,
  decide: (db: Db, row: ConversationRow) => Promise<Changing | undefined>,
): Promise<void> {
  const look = async (db: Db) => {
    const row = await findConversationById(db, userId, conversationId)
    if (!row) throw notFound()
    return decide(db, row)
  }
  if (!(await look(ctx.db))) return
  await write(ctx, viewer.appId, async (trx, stamp) => {
    const changeIt = await look(trx)
    if (!changeIt) return
    await changeIt(trx, stamp)
    await announce(trx, stamp, [ownCollectionChanged(userId, SyncType.userConversations)])
  })
}

async function isListed(db: Db, userId: string, conversationId: string): Promise<boolean> {
  const shown = await findEntry(db, userConversations, { userId, conversationId })
  return shown !== undefined && !shown.isDelete
}

async function sessionOf(
  ctx: Context,
  viewer: Viewer,
  userId: string,
  { type, targetId }: OpenConversationBody,
): Promise<string> {
  if (type === 'group') {
    const session = await findSession(ctx.db, viewer.appId, targetId)
    if (session?.type !== 'group') throw new AppError('NotFound', 'there is no such group')
    return session.id
  }
  if ((type === 'single') !== (targetId === userId)) {
    throw new AppError('InvalidParameter', 'type: must be single with oneself, and p2p with another user')
  }
  const session =
    type === 'p2p'
      ? await getOrCreateP2p(ctx, viewer, userId, targetId)
      : await getOrCreateSingle(ctx, viewer, userId)
  return session.id
}

/**
 * What the owner calls it from now on; null: what the other user is called. Old clients send the name that they
 * show with every change.
 */
async function ownName(
  db: Db,
  appId: string,
  row: ConversationRow,
  sent: string | undefined,
): Promise<string | null> {
  if (sent === undefined) return row.name
  const peer = row.peer_id === null ? undefined : await findUser(db, appId, row.peer_id)
  return sent === '' || sent === peer?.name ? null : sent
}

async function getShown(
  ctx: Context,
  userId: string,
  conversationId: string,
): Promise<UserConversationObject> {
  const conversation = await findEntry(ctx.db, userConversations, { userId, conversationId })
  if (!conversation) throw notFound()
  return conversation
}

const notFound = () => new AppError('NotFound', 'there is no such conversation')
