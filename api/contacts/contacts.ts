import { AppError } from '../../shared/server/app-error.js'
import type { AddContactBody, ContactObject, UpdateContactBody } from '../../shared/wire/contacts.js'
import type { ListObject } from '../../shared/wire/objects.js'
import { SyncType } from '../../shared/wire/sync-types.js'
import type { Stamp } from '../../shared/wire/time.js'
import { announce, ownCollectionChanged } from '../announce/announce.js'
import type { Context } from '../context.js'
import type { Db, Trx } from '../database/database.js'
import type { Viewer } from '../http/viewer.js'
import { findEntry, list, type PageRequest } from '../sync/collection.js'
import { write } from '../sync/write.js'
import { pinyinOf } from '../users/pinyin.js'
import { getLiveUser, requireOwner } from '../users/users.js'
import { contacts } from './collection.js'
import { type ContactRow, changeContact, findContact, findContactById, insertContact } from './store.js'

/** Throws NotAllowed, and NotFound for an administrator of another app; so do all of these. */
export async function listContacts(
  ctx: Context,
  viewer: Viewer,
  ownerId: string,
  request: PageRequest,
): Promise<ListObject<ContactObject>> {
  await requireOwner(ctx, viewer, ownerId)
  return list(ctx.db, contacts, { ownerId }, request)
}

/** Null when it is not newer than the caller's. Throws NotFound. */
export async function getContactNewerThan(
  ctx: Context,
  viewer: Viewer,
  ownerId: string,
  contactId: string,
  cursor: Stamp | undefined,
): Promise<ContactObject | null> {
  await requireOwner(ctx, viewer, ownerId)
  const contact = await findEntry(ctx.db, contacts, { ownerId, contactId })
  if (!contact) throw notFound()
  return cursor !== undefined && Date.parse(contact.updatedAt) <= cursor ? null : contact
}

/**
 * Each becomes a contact of the other, at once and without being asked; ids are those of before if there was
 * one. Throws NotFound, and AlreadyExists when the owner has this contact.
 */
export async function addContact(
  ctx: Context,
  viewer: Viewer,
  ownerId: string,
  { userId }: AddContactBody,
): Promise<ContactObject> {
  await requireOwner(ctx, viewer, ownerId)
  if (userId === ownerId) throw new AppError('InvalidParameter', 'userId: nobody is a contact of himself')
  const look = async (db: Db) => {
    await getLiveUser({ db }, viewer.appId, userId)
    const known = await findContact(db, ownerId, userId)
    if (known && !known.is_deleted) throw new AppError('AlreadyExists', '该联系人已存在')
    return known
  }
  await look(ctx.db)
  const contactId = await write(ctx, viewer.appId, async (trx, stamp) => {
    const known = await look(trx)
    const own = await keep(trx, stamp, known, ownerId, userId)
    const reverse = await findContact(trx, userId, ownerId)
    if (!reverse || reverse.is_deleted) await keep(trx, stamp, reverse, userId, ownerId)
    await announce(
      trx,
      stamp,
      [ownerId, userId].map((id) => ownCollectionChanged(id, SyncType.contacts)),
    )
    return own.id
  })
  return presentContact(ctx, ownerId, contactId)
}

/** Throws NotFound, also for deleted ones. */
export async function updateContact(
  ctx: Context,
  viewer: Viewer,
  ownerId: string,
  contactId: string,
  { title, remark }: UpdateContactBody,
): Promise<ContactObject> {
  await requireOwner(ctx, viewer, ownerId)
  const isNewTo = async (db: Db) => {
    const contact = await findContactById(db, ownerId, contactId)
    if (!contact || contact.is_deleted) throw notFound()
    return (
      (title !== undefined && title !== contact.title) || (remark !== undefined && remark !== contact.remark)
    )
  }
  if (!(await isNewTo(ctx.db))) return presentContact(ctx, ownerId, contactId)
  await write(ctx, viewer.appId, async (trx, stamp) => {
    if (!(await isNewTo(trx))) return
    await changeContact(trx, stamp, contactId, {
      ...(title !== undefined && { title, title_pinyin: pinyinOf(title) }),
      ...(remark !== undefined && { remark }),
    })
    await announce(trx, stamp, [ownCollectionChanged(ownerId, SyncType.contacts)])
  })
  return presentContact(ctx, ownerId, contactId)
}

/** One-sided: the other keeps the contact. Throws NotFound. */
export async function deleteContact(
  ctx: Context,
  viewer: Viewer,
  ownerId: string,
  contactId: string,
): Promise<void> {
  await requireOwner(ctx, viewer, ownerId)
  const isThere = async (db: Db) => {
    const contact = await findContactById(db, ownerId, contactId)
    if (!contact) throw notFound()
    return !contact.is_deleted
  }
  if (!(await isThere(ctx.db))) return
  await write(ctx, viewer.appId, async (trx, stamp) => {
    if (!(await isThere(trx))) return
    await changeContact(trx, stamp, contactId, { is_deleted: true })
    await announce(trx, stamp, [ownCollectionChanged(ownerId, SyncType.contacts)])
  })
}

function keep(
  trx: Trx,
  stamp: Stamp,
  known: ContactRow | undefined,
  ownerId: string,
  userId: string,
): Promise<ContactRow> {
  return known
    ? changeContact(trx, stamp, known.id, { is_deleted: false })
    : insertContact(trx, stamp, ownerId, userId)
}

async function presentContact(ctx: Context, ownerId: string, contactId: string): Promise<ContactObject> {
  const contact = await findEntry(ctx.db, contacts, { ownerId, contactId })
  if (!contact) throw new Error(`contact ${contactId} is gone`)
  return contact
}

const notFound = () => new AppError('NotFound', 'there is no such contact')
