import { z } from 'zod'
import { Id } from './ids.js'
import { Iso } from './objects.js'
import { DisplayName } from './text.js'

/**
 * Somebody in a user's list. Name, account and avatar are the other user's own; `title` is what the owner calls
 * him. Both `pinyin` arrays are always there: old clients crash without. (yun2win.md §1.8, §3 #7)
 */
export const ContactObject = z.object({
  id: Id,
  userId: Id,
  name: z.string(),
  title: z.string(),
  remark: z.string(),
  email: z.string(),
  avatarUrl: z.string(),
  pinyin: z.array(z.string()),
  titlePinyin: z.array(z.string()),
  isDelete: z.boolean(),
  createdAt: Iso,
  updatedAt: Iso,
})
export type ContactObject = z.infer<typeof ContactObject>

/** Clients send a name, too; the contact is called what the user is called. */
export const AddContactBody = z.object({ userId: Id })
export type AddContactBody = z.infer<typeof AddContactBody>

/** What is absent stays as it is; blank clears. Clients send userId and name, too: neither can be changed. */
export const UpdateContactBody = z.object({
  title: DisplayName.optional(),
  remark: DisplayName.optional(),
})
export type UpdateContactBody = z.infer<typeof UpdateContactBody>
