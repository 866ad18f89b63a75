import { z } from 'zod'
import { Id } from './ids.js'
import { Account, Password, TokenBody } from './requests.js'
import { AvatarUrl, DisplayName } from './text.js'

/** What clients send about users, and the answers that only they have. (yun2win.md §1.9) */

export const UserRole = z.enum(['user', 'admin', 'coadmin', 'customer'])
export const UserStatus = z.enum(['active', 'inactive'])

export const SetPasswordBody = z.object({ oldPassword: Password, password: Password })
export type SetPasswordBody = z.infer<typeof SetPasswordBody>

export const SuccessObject = z.object({ success: z.literal(true) })
export type SuccessObject = z.infer<typeof SuccessObject>

/** An imToken for the bearer of an access token, without the key and secret that /oauth/token asks for. */
export const ImTokenBody = TokenBody.pick({ device: true })
export type ImTokenBody = z.infer<typeof ImTokenBody>

/** What is absent stays as it is; so does a blank name. Only administrators change role and status. */
export const UpdateUserBody = z.object({
  email: Account.optional(),
  name: DisplayName.optional(),
  role: UserRole.optional(),
  status: UserStatus.optional(),
  jobTitle: DisplayName.optional(),
  phone: DisplayName.optional(),
  address: DisplayName.optional(),
  avatarUrl: AvatarUrl.optional(),
})
export type UpdateUserBody = z.infer<typeof UpdateUserBody>

/** An account without a password: nobody can log in to it. */
export const CreateUserBody = UpdateUserBody.extend({
  email: Account,
  name: DisplayName.refine((name) => name !== '', 'must not be empty'),
})
export type CreateUserBody = z.infer<typeof CreateUserBody>

/** How often a user logged in on a day. */
export const LoginRecordObject = z.object({ userId: Id, count: z.number().int() })
export type LoginRecordObject = z.infer<typeof LoginRecordObject>
