import { z } from 'zod'
import { FormBoolean } from './form.js'
import { Id } from './ids.js'
import { SessionType } from './session-types.js'
import { DisplayName } from './text.js'

/** `targetId` is the other user (p2p), the session (group) or oneself (single). (yun2win.md §1.9) */
export const OpenConversationBody = z.object({
  targetId: Id,
  type: SessionType,
  top: FormBoolean.optional(),
})
export type OpenConversationBody = z.infer<typeof OpenConversationBody>

/**
 * What is absent stays as it is. `name` is the owner's own for a conversation with a user; blank, or the name
 * the user has himself, follows the user again. A group is called what it is called.
 */
export const UpdateConversationBody = z.object({
  name: DisplayName.optional(),
  top: FormBoolean.optional(),
})
export type UpdateConversationBody = z.infer<typeof UpdateConversationBody>

/** A reminder: the unread count to show, and a text to show as the last message. */
export const RemindBody = z.object({
  unread: z.coerce.number('must be a number').int().min(0).max(9999).default(1),
  remark: DisplayName.optional(),
})
export type RemindBody = z.infer<typeof RemindBody>
