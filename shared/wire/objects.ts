import { z } from 'zod'
import { Id } from './ids.js'
import { SessionType } from './session-types.js'

/**
 * What the REST API answers, field by field as the wire spells it (yun2win.md §1.8). The schemas document the
 * answers in OpenAPI and check them in tests; the servers do not run them.
 */

/** ISO-8601 in UTC with exactly three decimals. */
export const Iso = z.iso.datetime({ precision: 3 })

export const MemberRole = z.enum(['master', 'admin', 'user', 'email'])
export type MemberRole = z.infer<typeof MemberRole>

export const UserObject = z.object({
  id: Id,
  email: z.string(),
  name: z.string(),
  role: z.string(),
  status: z.string(),
  jobTitle: z.string(),
  phone: z.string(),
  address: z.string(),
  avatarUrl: z.string(),
  pinyin: z.array(z.string()),
  isDelete: z.boolean(),
  createdAt: Iso,
  updatedAt: Iso,
})
export type UserObject = z.infer<typeof UserObject>

/** `key` and `secret` buy an imToken at /oauth/token, for a day or two; `expires` is in seconds. */
export const LoginObject = UserObject.extend({
  token: z.string(),
  /** For addresses of pictures and the like: reads attachments, and nothing else. */
  fileToken: z.string(),
  expires: z.number().int(),
  key: z.string(),
  secret: z.string(),
})
export type LoginObject = z.infer<typeof LoginObject>

export const SessionObject = z.object({
  id: Id,
  type: SessionType,
  name: z.string(),
  nameChanged: z.boolean().optional(),
  secureType: z.string(),
  description: z.string(),
  avatarUrl: z.string(),
  createdAt: Iso,
  updatedAt: Iso,
})
export type SessionObject = z.infer<typeof SessionObject>

/** `createdAt` is the last membership change; the session's mts is the largest of them. */
export const MemberObject = z.object({
  id: Id,
  userId: z.string(),
  name: z.string(),
  role: MemberRole,
  status: z.string(),
  avatarUrl: z.string(),
  pinyin: z.array(z.string()).optional(),
  /** Only with role `email`: how often the address was invited by e-mail, as text. */
  time: z.string().optional(),
  isDelete: z.boolean(),
  createdAt: Iso,
  updatedAt: Iso,
})
export type MemberObject = z.infer<typeof MemberObject>

/** `sender` is a user id or `system`; `content` is the text as it was sent, normally JSON. */
export const MessageObject = z.object({
  id: Id,
  sessionId: Id,
  sender: z.string(),
  type: z.string(),
  content: z.string(),
  clientMessageId: z.string().optional(),
  isDelete: z.boolean(),
  createdAt: Iso,
  updatedAt: Iso,
})
export type MessageObject = z.infer<typeof MessageObject>

/**
 * A message in the history, where `updatedAt` is when it was created; `changedAt`, of one that was edited, recalled
 * or deleted, is when that was.
 */
export const HistoryMessageObject = MessageObject.extend({ changedAt: Iso.optional() })
export type HistoryMessageObject = z.infer<typeof HistoryMessageObject>

export const LastMessageObject = z.object({
  sender: z.string(),
  type: z.string(),
  content: z.string(),
  createdAt: Iso,
})
export type LastMessageObject = z.infer<typeof LastMessageObject>

/** `targetId` is the other user (p2p), the session (group) or the user (single). `visiable` is the wire's word. */
export const UserConversationObject = z.object({
  id: Id,
  targetId: Id,
  sessionId: Id,
  name: z.string(),
  type: SessionType,
  top: z.boolean(),
  visiable: z.literal(true),
  unread: z.number().int(),
  lastMessage: LastMessageObject.optional(),
  avatarUrl: z.string(),
  isDelete: z.boolean(),
  createdAt: Iso,
  updatedAt: Iso,
})
export type UserConversationObject = z.infer<typeof UserConversationObject>

/** Every list but history: ascending by `updatedAt`, tombstones included. */
export function listOf<T extends z.ZodType>(entry: T) {
  return z.object({ total_count: z.number().int(), entries: z.array(entry) })
}

export interface ListObject<T> {
  total_count: number
  entries: T[]
}

export const MessageListObject = listOf(MessageObject).extend({ sessionUpdatedAt: Iso })
export type MessageListObject = z.infer<typeof MessageListObject>

export const TokenObject = z.object({
  token_type: z.literal('bearer'),
  access_token: z.string(),
  expires_in: z.number().int(),
})
export type TokenObject = z.infer<typeof TokenObject>

export const GateObject = z.object({ data: z.object({ region: z.string(), url: z.string() }) })
export type GateObject = z.infer<typeof GateObject>

export const HealthObject = z.object({ status: z.string() })

/** The answer of deletions. */
export const Nothing = z.object({})
