import { Router } from 'express'
import { z } from 'zod'
import { Id } from '../../shared/wire/ids.js'
import { LoginObject, listOf, Nothing, TokenObject, UserObject } from '../../shared/wire/objects.js'
import { LoginBody, RegisterBody } from '../../shared/wire/requests.js'
import {
  CreateUserBody,
  ImTokenBody,
  SetPasswordBody,
  SuccessObject,
  UpdateUserBody,
} from '../../shared/wire/users.js'
import { getAppByKey } from '../apps/apps.js'
import type { Context } from '../context.js'
import { ListQuery, pageRequest, route } from '../http/route.js'
import { addressOf } from '../limits/middleware.js'
import { logout } from '../logins/logins.js'
import { issueFileToken } from '../oauth/file-tokens.js'
import { issueImToken } from '../oauth/im-tokens.js'
import { createUser, deleteUser, setPassword, updateUser } from './profile.js'
import { listUsers } from './search.js'
import { listUsersSeen } from './seen.js'
import { getUserNewerThan, login, register } from './users.js'

const UserParams = z.object({ userId: Id })

/** Open to everybody. */
export function publicUserRoutes(ctx: Context): Router {
  const router = Router()
  router.post(
    '/users/register',
    route({
      summary: 'Creates an account',
      body: RegisterBody,
      answer: UserObject,
      run: ({ body }) => register(ctx, body),
    }),
  )
  router.post(
    '/users/login',
    route({
      summary: 'Checks a password and hands out an access token',
      body: LoginBody,
      answer: LoginObject,
      run: async ({ body, req }) => {
        // Apps have accounts of their own, and one app may be named by its key or not at all.
        const app = await getAppByKey(ctx, body.appKey)
        const account = `${app.id} ${body.email}`
        return ctx.limits.guardLogin(account, addressOf(ctx, req), () => login(ctx, body))
      },
    }),
  )
  return router
}

export function userRoutes(ctx: Context): Router {
  const router = Router()
  router.post(
    '/users/setPassword',
    route({
      summary: 'Changes one’s own password',
      body: SetPasswordBody,
      answer: SuccessObject,
      run: ({ viewer, body }) => setPassword(ctx, viewer, body),
    }),
  )
  router.post(
    '/users/logout',
    route({
      summary: 'Ends the login of the token: it is refused from now on, and its push connections are cut',
      answer: SuccessObject,
      run: async ({ viewer }) => {
        await logout(ctx, viewer)
        return { success: true as const }
      },
    }),
  )
  router.post(
    '/users/imToken',
    route({
      summary: 'An imToken, with which devices of the user connect to push; not for administrators',
      body: ImTokenBody,
      answer: TokenObject,
      run: ({ viewer, body }) => issueImToken(ctx, viewer, body),
    }),
  )
  router.post(
    '/users/fileToken',
    route({
      summary:
        'A token for addresses of attachments, which reads them and nothing else; not for administrators',
      answer: TokenObject,
      run: async ({ viewer }) => issueFileToken(ctx, viewer),
    }),
  )
  router.get(
    '/users',
    route({
      summary:
        'Finds users by their exact account or name; without filter_term all users, for administrators',
      query: ListQuery,
      answer: listOf(UserObject),
      run: ({ viewer, query, cursor }) => listUsers(ctx, viewer, pageRequest(query, cursor)),
    }),
  )
  router.post(
    '/users',
    route({
      summary: 'Creates an account without a password, for administrators',
      body: CreateUserBody,
      answer: UserObject,
      run: ({ viewer, body }) => createUser(ctx, viewer, body),
    }),
  )
  router.get(
    '/users/:userId',
    route({
      summary: 'A user; null when not newer than Client-Sync-Time',
      usesCursor: true,
      params: UserParams,
      answer: UserObject.nullable(),
      run: ({ viewer, params, cursor }) => getUserNewerThan(ctx, viewer, params.userId, cursor),
    }),
  )
  router.get(
    '/users/:userId/seen',
    route({
      summary: 'The people a user sees, changed since: contacts, and members of the sessions he is or was in',
      params: UserParams,
      query: ListQuery,
      answer: listOf(UserObject),
      run: ({ viewer, params, query, cursor }) =>
        listUsersSeen(ctx, viewer, params.userId, pageRequest(query, cursor)),
    }),
  )
  router.put(
    '/users/:userId',
    route({
      summary: 'Changes one’s own profile; administrators change any, with role and status',
      params: UserParams,
      body: UpdateUserBody,
      answer: UserObject,
      run: ({ viewer, params, body }) => updateUser(ctx, viewer, params.userId, body),
    }),
  )
  router.delete(
    '/users/:userId',
    route({
      summary: 'Deletes a user, for administrators',
      params: UserParams,
      answer: Nothing,
      run: async ({ viewer, params }) => {
        await deleteUser(ctx, viewer, params.userId)
        return {}
      },
    }),
  )
  return router
}
