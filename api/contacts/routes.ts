import { Router } from 'express'
import { z } from 'zod'
import { AddContactBody, ContactObject, UpdateContactBody } from '../../shared/wire/contacts.js'
import { Id } from '../../shared/wire/ids.js'
import { listOf, Nothing } from '../../shared/wire/objects.js'
import type { Context } from '../context.js'
import { ListQuery, pageRequest, route } from '../http/route.js'
import { addContact, deleteContact, getContactNewerThan, listContacts, updateContact } from './contacts.js'

const OwnerParams = z.object({ userId: Id })
const ContactParams = OwnerParams.extend({ contactId: Id })

export function contactRoutes(ctx: Context): Router {
  const router = Router()
  router.get(
    '/users/:userId/contacts',
    route({
      summary: 'One’s own contacts that changed',
      params: OwnerParams,
      query: ListQuery,
      answer: listOf(ContactObject),
      run: ({ viewer, params, query, cursor }) =>
        listContacts(ctx, viewer, params.userId, pageRequest(query, cursor)),
    }),
  )
  router.post(
    '/users/:userId/contacts',
    route({
      summary: 'Makes two users contacts of each other',
      params: OwnerParams,
      body: AddContactBody,
      answer: ContactObject,
      run: ({ viewer, params, body }) => addContact(ctx, viewer, params.userId, body),
    }),
  )
  router.get(
    '/users/:userId/contacts/:contactId',
    route({
      summary: 'A contact; null when not newer than Client-Sync-Time',
      usesCursor: true,
      params: ContactParams,
      answer: ContactObject.nullable(),
      run: ({ viewer, params, cursor }) =>
        getContactNewerThan(ctx, viewer, params.userId, params.contactId, cursor),
    }),
  )
  router.put(
    '/users/:userId/contacts/:contactId',
    route({
      summary: 'Changes what one calls a contact',
      params: ContactParams,
      body: UpdateContactBody,
      answer: ContactObject,
      run: ({ viewer, params, body }) => updateContact(ctx, viewer, params.userId, params.contactId, body),
    }),
  )
  router.delete(
    '/users/:userId/contacts/:contactId',
    route({
      summary: 'Removes a contact from one’s own list',
      params: ContactParams,
      answer: Nothing,
      run: async ({ viewer, params }) => {
        await deleteContact(ctx, viewer, params.userId, params.contactId)
        return {}
      },
    }),
  )
  return router
}
