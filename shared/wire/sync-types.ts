/** Which collection a notification asks its receiver to pull. Custom types are strings. (yun2win.md §2.4) */
export const SyncType = {
  userConversations: 0,
  messages: 1,
  contacts: 2,
  userSessions: 3,
  /** One's own profile, GET users/:id. Old clients do not know it. */
  user: 'user',
  /** A session's members: somebody has another name or avatar. Old clients do not know it. */
  members: 'members',
} as const

/** One item of a notification's `syncs`. `sessionId` is `<type>_<id>`, with types 1 and `members`. */
export interface Sync {
  type: number | string
  sessionId?: string
  [custom: string]: unknown
}
