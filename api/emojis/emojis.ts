import { AppError } from '../../shared/server/app-error.js'
import type { ChangeEmojiBody, EmojiBody, EmojiObject } from '../../shared/wire/emojis.js'
import type { ListObject } from '../../shared/wire/objects.js'
import type { Context } from '../context.js'
import type { Db } from '../database/database.js'
import type { Viewer } from '../http/viewer.js'
import { list, type PageRequest } from '../sync/collection.js'
import { write } from '../sync/write.js'
import { emojis, presentEmoji } from './collection.js'
import { findEmoji, findEmojiByName, insertEmoji, reviveEmoji, updateEmoji } from './store.js'

/*
 * A name belongs to one live emoji of the app, whatever its package: in a text it is all there is, `[name]`.
 *
 * Emojis are announced to nobody: the wire has no sync type for them, clients pull them when they start, and
 * telling every user of an app would be a write per user.
 */

export function listEmojis(
  ctx: Context,
  viewer: Viewer,
  request: PageRequest,
): Promise<ListObject<EmojiObject>> {
  return list(ctx.db, emojis, { appId: viewer.appId }, request)
}

/** Throws NotFound. */
export async function getEmoji(ctx: Context, viewer: Viewer, id: string): Promise<EmojiObject> {
  const row = await findEmoji(ctx.db, viewer.appId, id)
  if (!row) throw noSuchEmoji()
  return presentEmoji(row)
}

/**
 * A deleted emoji of the same name comes back under its id. Throws NotAllowed, and AlreadyExists when a live one
 * has the name.
 */
export async function addEmoji(ctx: Context, viewer: Viewer, body: EmojiBody): Promise<EmojiObject> {
  requireAdmin(viewer)
  const look = async (db: Db) => {
    const known = await findEmojiByName(db, viewer.appId, body.name)
    if (known && !known.is_deleted) throw nameTaken()
    return known
  }
  await look(ctx.db)
  const row = await write(ctx, viewer.appId, async (trx, stamp) => {
    const v = String(stamp)
    const known = await look(trx)
    if (!known) return insertEmoji(trx, { ...body, app_id: viewer.appId, created_at: v, v })
    return reviveEmoji(trx, known.id, { ...body, v })
  })
  return presentEmoji(row)
}

/** Throws NotAllowed, NotFound, AlreadyExists. */
export async function changeEmoji(
  ctx: Context,
  viewer: Viewer,
  id: string,
  body: ChangeEmojiBody,
): Promise<EmojiObject> {
  requireAdmin(viewer)
  const look = async (db: Db) => {
    const emoji = await findEmoji(db, viewer.appId, id)
    if (!emoji) throw noSuchEmoji()
    const namesake = body.name === undefined ? undefined : await findEmojiByName(db, viewer.appId, body.name)
    if (namesake && !namesake.is_deleted && namesake.id !== id) throw nameTaken()
    const entries = Object.entries(body) as [keyof typeof body, unknown][]
    return {
      emoji,
      isChange: entries.some(([field, value]) => value !== undefined && value !== emoji[field]),
    }
  }
  // Everybody in the app fetches what has a new stamp.
  const before = await look(ctx.db)
  if (!before.isChange) return presentEmoji(before.emoji)
  const row = await write(ctx, viewer.appId, async (trx, stamp) => {
    const { emoji, isChange } = await look(trx)
    return isChange ? updateEmoji(trx, viewer.appId, id, { ...body, v: String(stamp) }) : emoji
  })
  if (!row) throw noSuchEmoji()
  return presentEmoji(row)
}

/** Leaves a tombstone. Throws NotAllowed, NotFound. */
export async function deleteEmoji(ctx: Context, viewer: Viewer, id: string): Promise<void> {
  requireAdmin(viewer)
  if (!(await findEmoji(ctx.db, viewer.appId, id))) throw noSuchEmoji()
  const row = await write(ctx, viewer.appId, (trx, stamp) =>
    updateEmoji(trx, viewer.appId, id, { is_deleted: true, v: String(stamp) }),
  )
  if (!row) throw noSuchEmoji()
}

function requireAdmin(viewer: Viewer): void {
  if (!viewer.isAdmin) throw new AppError('NotAllowed', 'emojis are kept by the administrator')
}

function nameTaken(): AppError {
  return new AppError('AlreadyExists', 'name: another emoji has it')
}

function noSuchEmoji(): AppError {
  return new AppError('NotFound', 'there is no such emoji')
}
