import { Router } from 'express'
import { z } from 'zod'
import { AddUserSessionBody, UpdateUserSessionBody, UserSessionObject } from '../../shared/wire/favourites.js'
import { Id } from '../../shared/wire/ids.js'
import { listOf, Nothing } from '../../shared/wire/objects.js'
import type { Context } from '../context.js'
import { ListQuery, pageRequest, route } from '../http/route.js'
import {
  addFavourite,
  deleteFavourite,
  getFavouriteNewerThan,
  listFavourites,
  updateFavourite,
} from './favourites.js'

const OwnerParams = z.object({ userId: Id })
const FavouriteParams = OwnerParams.extend({ favouriteId: Id })

/** The wire calls favourites `userSessions`. */
export function favouriteRoutes(ctx: Context): Router {
  const router = Router()
  router.get(
    '/users/:userId/userSessions',
    route({
      summary: 'One’s own favourite groups that changed',
      params: OwnerParams,
      query: ListQuery,
      answer: listOf(UserSessionObject),
      run: ({ viewer, params, query, cursor }) =>
        listFavourites(ctx, viewer, params.userId, pageRequest(query, cursor)),
    }),
  )
  router.post(
    '/users/:userId/userSessions',
    route({
      summary: 'Makes a group a favourite; the same id whenever it is one',
      params: OwnerParams,
      body: AddUserSessionBody,
      answer: UserSessionObject,
      run: ({ viewer, params, body }) => addFavourite(ctx, viewer, params.userId, body),
    }),
  )
  router.get(
    '/users/:userId/userSessions/:favouriteId',
    route({
      summary: 'A favourite; null when not newer than Client-Sync-Time',
      usesCursor: true,
      params: FavouriteParams,
      answer: UserSessionObject.nullable(),
      run: ({ viewer, params, cursor }) =>
        getFavouriteNewerThan(ctx, viewer, params.userId, params.favouriteId, cursor),
    }),
  )
  router.put(
    '/users/:userId/userSessions/:favouriteId',
    route({
      summary: 'Gives a favourite a name or an avatar of one’s own',
      params: FavouriteParams,
      body: UpdateUserSessionBody,
      answer: UserSessionObject,
      run: ({ viewer, params, body }) =>
        updateFavourite(ctx, viewer, params.userId, params.favouriteId, body),
    }),
  )
  router.delete(
    '/users/:userId/userSessions/:favouriteId',
    route({
      summary: 'Removes a favourite',
      params: FavouriteParams,
      answer: Nothing,
      run: async ({ viewer, params }) => {
        await deleteFavourite(ctx, viewer, params.userId, params.favouriteId)
        return {}
      },
    }),
  )
  return router
}
