import { z } from 'zod'
import { Id } from './ids.js'
import { AvatarUrl, DisplayName, ShortText, Text } from './text.js'

/** What clients send in bodies, as JSON or urlencoded. Unknown fields are ignored. (yun2win.md §1.4, §1.9) */

/** A login account; an e-mail address in practice, compared without regard to case. */
export const Account = ShortText.transform((text) => text.trim().toLowerCase()).refine(
  (text) => /^[^\s\p{C}<>"]+$/u.test(text),
  'must be an account name without spaces, quotes and angle brackets',
)

/** What the client sends as password: old clients the MD5 of the typed one. */
export const Password = Text.min(1, 'must not be empty').max(1024, 'is longer than 1024 characters')

const AppKey = ShortText.optional()

export const RegisterBody = z.object({
  email: Account,
  password: Password,
  name: DisplayName.optional(),
  avatarUrl: AvatarUrl.optional(),
  /** Of an invitation by e-mail to this address. Old clients send it empty without one. */
  key: ShortText.transform((key) => key || undefined).optional(),
  appKey: AppKey,
})
export type RegisterBody = z.infer<typeof RegisterBody>

export const LoginBody = z.object({ email: Account, password: Password, appKey: AppKey })
export type LoginBody = z.infer<typeof LoginBody>

export const TokenBody = z.object({
  grant_type: z.literal('client_credentials', 'must be client_credentials'),
  client_id: ShortText,
  client_secret: ShortText,
  /** The class of the device, which an app may allow one of at a time: `web`, `phone`. */
  device: z
    .string()
    .regex(/^[0-9A-Za-z-]{1,16}$/, 'must be up to 16 letters, digits and hyphens')
    .optional(),
})
export type TokenBody = z.infer<typeof TokenBody>

/** Longest message content in UTF-8 bytes. */
export const MAX_CONTENT_BYTES = 64 * 1024

export const SYSTEM_SENDER = 'system'

export const SendMessageBody = z.object({
  /** The caller's own id, or `system` (then type must be `system` too). Defaults to the caller. */
  sender: z.union([Id, z.literal(SYSTEM_SENDER)], 'must be your user id or system').optional(),
  type: ShortText.min(1, 'must not be empty'),
  // Not empty: a conversation whose last message has no content stalls old clients. (yun2win.md §3 #5)
  content: Text.min(1, 'must not be empty').refine(
    (text) => new TextEncoder().encode(text).length <= MAX_CONTENT_BYTES,
    `is larger than ${MAX_CONTENT_BYTES} bytes`,
  ),
  /** Chosen by the client; a send repeated with the same one is stored once. */
  clientMessageId: ShortText.min(1, 'must not be empty').optional(),
})
export type SendMessageBody = z.infer<typeof SendMessageBody>

export const CreateGroupBody = z.object({
  type: z.literal('group', 'must be group: p2p and single sessions come from their own addresses'),
  name: DisplayName.optional(),
  secureType: ShortText.optional(),
  avatarUrl: AvatarUrl.optional(),
  description: ShortText.optional(),
})
export type CreateGroupBody = z.infer<typeof CreateGroupBody>

export const AddMemberBody = z.object({
  userId: Id,
  role: z.enum(['master', 'admin', 'user'], 'must be master, admin or user').default('user'),
})
export type AddMemberBody = z.infer<typeof AddMemberBody>
