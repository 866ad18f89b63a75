import { AppError } from '../../shared/server/app-error.js'
import type { EditMessageBody } from '../../shared/wire/messages.js'
import type { HistoryMessageObject, MessageListObject, MessageObject } from '../../shared/wire/objects.js'
import { type SendMessageBody, SYSTEM_SENDER } from '../../shared/wire/requests.js'
import { SyncType } from '../../shared/wire/sync-types.js'
import { safeSystemContent, systemContent } from '../../shared/wire/texts.js'
import { type Stamp, toIso } from '../../shared/wire/time.js'
import { announce, ownCollectionChanged, sessionChanged } from '../announce/announce.js'
import { shareAttachments } from '../attachments/references.js'
import type { Context } from '../context.js'
import { markRead } from '../conversations/read-marks.js'
import type { Db } from '../database/database.js'
import type { Viewer } from '../http/viewer.js'
import { getSessionAccess, isLive, type SessionAccess } from '../sessions/access.js'
import { requireAllowed } from '../sessions/permissions.js'
import { MAX_LIMIT, type PageRequest } from '../sync/collection.js'
import { write } from '../sync/write.js'
import { append } from './append.js'
import { findDelta } from './delta.js'
import { asOfRemoval, presentInHistory, presentMessage } from './present.js'
import { findHistory, findMessage, type MessageRow, newestOf, updateMessage } from './store.js'

/**
 * Stores a message and answers it once it is committed. Throws NotFound, NotAllowed, and Conflict when the
 * client id belongs to another message.
 */
export async function sendMessage(
  ctx: Context,
  viewer: Viewer,
  sessionId: string,
  body: SendMessageBody,
): Promise<MessageObject> {
  if (viewer.isAdmin) throw new AppError('NotAllowed', 'messages are sent by users')
  const isSystem = body.sender === SYSTEM_SENDER
  if (isSystem ? body.type !== 'system' : body.sender !== undefined && body.sender !== viewer.userId) {
    throw new AppError('NotAllowed', 'sender: must be you, or system for messages of type system')
  }
  const row = await append(ctx, viewer.appId, {
    sessionId,
    actorId: viewer.userId,
    senderId: isSystem ? null : viewer.userId,
    type: body.type,
    content: safeContent(body),
    clientMessageId: body.clientMessageId ?? null,
  })
  return presentMessage(row)
}

/** The delta of a session's messages; with `marksRead` they are read then. Throws NotFound, NotAllowed. */
export async function syncMessages(
  ctx: Context,
  viewer: Viewer,
  sessionId: string,
  request: PageRequest & { marksRead: boolean },
): Promise<MessageListObject> {
  const delta = await findDelta(ctx, viewer, sessionId, request)
  const { rows, totalCount, sessionV, seenCount, readCount = 0 } = delta
  if (request.marksRead && request.filterTerm === undefined && readCount < seenCount) {
    await markRead(ctx, viewer, sessionId, seenCount)
  }
  return {
    total_count: totalCount,
    entries: rows.map(presentMessage),
    sessionUpdatedAt: toIso(Number(sessionV)),
  }
}

/**
 * Older messages, newest first: those created strictly before `before`, whole stamps at a time. Somebody
 * who was removed sees what came before the removal. With `marksRead` those that are asked for from the future,
 * the newest, are read then.
 */
export async function getHistory(
  ctx: Context,
  viewer: Viewer,
  sessionId: string,
  page: { before: Stamp; limit: number; offset: number; marksRead: boolean },
): Promise<HistoryMessageObject[]> {
  const find = (before: Stamp) =>
    findHistory(ctx.db, sessionId, { before, limit: Math.min(page.limit, MAX_LIMIT), offset: page.offset })

  // As in `syncMessages`: strangers make us read nothing.
  await getSessionAccess(ctx, viewer, sessionId, 'readHistory')
  const rows = await find(page.before)
  // Asked after the page, so that nobody is given what came after his removal.
  const { member } = await getSessionAccess(ctx, viewer, sessionId, 'readHistory')
  if (member && !isLive(member)) {
    const removedAt = Number(member.created_at)
    const upToRemoval = await find(Math.min(page.before, removedAt))
    return upToRemoval.map((row) => presentInHistory(asOfRemoval(row, removedAt)))
  }
  if (page.marksRead && page.before > ctx.now()) await markRead(ctx, viewer, sessionId, newestOf(rows))
  return rows.map(presentInHistory)
}

/** One message; for somebody who was removed, from before the removal. Throws NotFound, NotAllowed. */
export async function getMessage(
  ctx: Context,
  viewer: Viewer,
  sessionId: string,
  messageId: string,
): Promise<MessageObject> {
  const message = await findMessage(ctx.db, sessionId, messageId)
  const { member } = await getSessionAccess(ctx, viewer, sessionId, 'readHistory')
  const removedAt = member && !isLive(member) ? Number(member.created_at) : Number.POSITIVE_INFINITY
  if (!message || Number(message.created_at) >= removedAt) {
    throw new AppError('NotFound', 'there is no such message')
  }
  return presentMessage(asOfRemoval(message, removedAt))
}

/**
 * Changes what a message says, where it stands: its sender edits or recalls it, who runs the group recalls
 * it. A recall (type `system`) is final. Throws NotFound, NotAllowed, Conflict.
 */
export async function editMessage(
  ctx: Context,
  viewer: Viewer,
  sessionId: string,
  messageId: string,
  body: EditMessageBody,
): Promise<MessageObject> {
  const { type } = body
  const content = safeContent(body)
  return changeMessage(ctx, viewer, sessionId, messageId, (message, isOwn) => {
    if (body.sender !== undefined && body.sender !== (message.sender_id ?? SYSTEM_SENDER)) {
      throw new AppError('NotAllowed', 'sender: stays who it was')
    }
    if (!isOwn && type !== 'system') {
      throw new AppError('NotAllowed', 'only its sender edits a message; others may recall it')
    }
    if (message.is_deleted) throw new AppError('NotFound', 'the message was deleted')
    // A recall that is repeated, say because the answer was lost, is no change.
    if (message.type === type && message.content === content) return undefined
    if (message.type === 'system' && message.sent_hash !== null) {
      throw new AppError('Conflict', 'the message was recalled')
    }
    return { type, content, isDeleted: false }
  })
}

/**
 * What is left of a deleted message. Old clients do not know deleted messages and show them: as a line
 * without text, whatever it was, since they fail on a picture or a file without its fields. (yun2win.md §3 #5)
 */
const ERASED = { type: 'system', content: systemContent(''), isDeleted: true }

/** Takes a message back without a trace of what it said. Throws NotFound, NotAllowed. */
export async function deleteMessage(
  ctx: Context,
  viewer: Viewer,
  sessionId: string,
  messageId: string,
): Promise<void> {
  await changeMessage(ctx, viewer, sessionId, messageId, ({ is_deleted }) =>
    is_deleted ? undefined : ERASED,
  )
}

interface MessageChange {
  type: string
  content: string
  isDeleted: boolean
}

/** Looks before it takes the stamp, so that refusals keep nobody waiting, and again under it. */
async function changeMessage(
  ctx: Context,
  viewer: Viewer,
  sessionId: string,
  messageId: string,
  decide: (message: MessageRow, isOwn: boolean) => MessageChange | undefined,
): Promise<MessageObject> {
  const look = async (db: Db) => {
    const { session, role } = await getSessionAccess({ db }, viewer, sessionId, 'readMessages')
    const message = await findMessage(db, sessionId, messageId)
    if (!message) throw new AppError('NotFound', 'there is no such message')
    const isOwn = !viewer.isAdmin && message.sender_id === viewer.userId
    requireAllowed(role, isOwn ? 'changeOwnMessage' : 'changeForeignMessage')
    const change = decide(message, isOwn)
    if (change && isOwn) requireInTime(ctx, message)
    return { session, message, change }
  }

  const before = await look(ctx.db)
  if (!before.change) return presentMessage(before.message)
  const row = await write(ctx, viewer.appId, async (trx, stamp) => {
    const { session, message, change } = await look(trx)
    if (!change) return message
    const editorId = viewer.isAdmin ? null : viewer.userId
    const updated = await updateMessage(trx, stamp, message, { ...change, editorId })
    await shareAttachments(trx, stamp, viewer.appId, [
      { ...updated.row, actor_id: editorId, previousContent: message.content },
    ])
    await announceChange(trx, stamp, session, updated.frozenFor)
    return updated.row
  })
  return presentMessage(row)
}

/** The members should look, and those who were removed while it was the last message. */
function announceChange(
  trx: Parameters<typeof announce>[0],
  stamp: Stamp,
  session: SessionAccess['session'],
  frozenFor: string[],
): Promise<void> {
  return announce(trx, stamp, [
    sessionChanged({ type: session.type, id: session.id, mts: Number(session.mts) }),
    ...frozenFor.map((userId) => ownCollectionChanged(userId, SyncType.userConversations)),
  ])
}

/** Senders may have only so long to change what they said. Throws NotAllowed. */
function requireInTime(ctx: Context, message: MessageRow): void {
  const { recallLimitMs } = ctx.config
  if (recallLimitMs !== null && ctx.now() - Number(message.created_at) > recallLimitMs) {
    throw new AppError('NotAllowed', 'it is too late to change this message')
  }
}

/** Old clients show system messages unescaped, whoever the sender is. (§4 W20) */
function safeContent({ type, content }: { type: string; content: string }): string {
  return type === 'system' ? safeSystemContent(content) : content
}
