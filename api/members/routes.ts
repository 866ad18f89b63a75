import { Router } from 'express'
import { z } from 'zod'
import { Id } from '../../shared/wire/ids.js'
import { InviteBody, PostMemberBody, UpdateMemberBody } from '../../shared/wire/members.js'
import { listOf, MemberObject, Nothing } from '../../shared/wire/objects.js'
import type { Context } from '../context.js'
import { ListQuery, pageRequest, route } from '../http/route.js'
import { inviteMember } from './invites.js'
import { addMember, getMember, listMembers, removeMember, updateMember } from './members.js'

const SessionParams = z.object({ sessionId: Id })
const MemberParams = SessionParams.extend({ memberId: Id })

export function memberRoutes(ctx: Context): Router {
  const router = Router()
  router.get(
    '/sessions/:sessionId/members',
    route({
      summary: 'Members that are new or have changed, tombstones and invited addresses included',
      params: SessionParams,
      query: ListQuery,
      answer: listOf(MemberObject),
      run: ({ viewer, params, query, cursor }) =>
        listMembers(ctx, viewer, params.sessionId, pageRequest(query, cursor)),
    }),
  )
  router.post(
    '/sessions/:sessionId/members',
    route({
      summary: 'Add a member',
      params: SessionParams,
      body: PostMemberBody,
      answer: MemberObject,
      run: ({ viewer, params, body }) => addMember(ctx, viewer, params.sessionId, body),
    }),
  )
  router.post(
    '/sessions/:sessionId/members/invite',
    route({
      summary: 'Invite an e-mail address: an account under it is added, else a mail is sent',
      params: SessionParams,
      body: InviteBody,
      answer: MemberObject,
      run: ({ viewer, params, body }) => inviteMember(ctx, viewer, params.sessionId, body),
    }),
  )
  router.get(
    '/sessions/:sessionId/members/:memberId',
    route({
      summary: 'One member',
      params: MemberParams,
      answer: MemberObject,
      run: ({ viewer, params }) => getMember(ctx, viewer, params.sessionId, params.memberId),
    }),
  )
  router.put(
    '/sessions/:sessionId/members/:memberId',
    route({
      summary: 'Change a member’s role, or hand over mastership',
      params: MemberParams,
      body: UpdateMemberBody,
      answer: MemberObject,
      run: ({ viewer, params, body }) => updateMember(ctx, viewer, params.sessionId, params.memberId, body),
    }),
  )
  router.delete(
    '/sessions/:sessionId/members/:memberId',
    route({
      summary: 'Leave a group, remove a member, or withdraw an invitation',
      params: MemberParams,
      answer: Nothing,
      run: async ({ viewer, params }) => {
        await removeMember(ctx, viewer, params.sessionId, params.memberId)
        return {}
      },
    }),
  )
  return router
}
