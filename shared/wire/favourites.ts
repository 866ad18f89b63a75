import { z } from 'zod'
import { Id } from './ids.js'
import { Iso } from './objects.js'
import { AvatarUrl, DisplayName } from './text.js'

/** A group that a user keeps at hand; the wire calls it userSession. (yun2win.md §1.8) */
export const UserSessionObject = z.object({
  id: Id,
  sessionId: Id,
  name: z.string(),
  avatarUrl: z.string(),
  isDelete: z.boolean(),
  createdAt: Iso,
  updatedAt: Iso,
})
export type UserSessionObject = z.infer<typeof UserSessionObject>

/** Clients send the name and avatar that the group had when they looked; it is shown as it is called now. */
export const AddUserSessionBody = z.object({ sessionId: Id })
export type AddUserSessionBody = z.infer<typeof AddUserSessionBody>

/** The owner's own name and avatar for it. Blank, or what the group itself has: it follows the group again. */
export const UpdateUserSessionBody = z.object({
  name: DisplayName.optional(),
  avatarUrl: AvatarUrl.optional(),
})
export type UpdateUserSessionBody = z.infer<typeof UpdateUserSessionBody>
