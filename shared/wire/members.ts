import { z } from 'zod'
import { Id } from './ids.js'
import { Account } from './requests.js'

const Role = z.enum(['master', 'admin', 'user'], 'must be master, admin or user')

/** `role` is `user` for newcomers when left out; name, avatar and status are the user's own, and ignored. */
export const PostMemberBody = z.object({ userId: Id, role: Role.optional() })
export type PostMemberBody = z.infer<typeof PostMemberBody>

/**
 * Only the role changes. Old clients send all five fields, the avatar as one space; name, avatar and status
 * are ignored, and `userId` must be what it is. (yun2win.md §1.9, §4 W8)
 */
export const UpdateMemberBody = z.object({ userId: z.string().optional(), role: Role.optional() })
export type UpdateMemberBody = z.infer<typeof UpdateMemberBody>

export const InviteBody = z.object({ email: Account })
export type InviteBody = z.infer<typeof InviteBody>
