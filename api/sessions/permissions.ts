import { AppError } from '../../shared/server/app-error.js'

/**
 * How a viewer stands to a session. `founder`: who created a group that nobody has joined yet. `application`:
 * an administrator's token.
 */
export type SessionRole = 'master' | 'admin' | 'user' | 'removed' | 'stranger' | 'founder' | 'application'

/** What can be done to a session and what is in it. Who changes what belongs to a user is not decided here. */
export type Action = keyof typeof ALLOWED

const LIVE = ['master', 'admin', 'user'] as const
const STAFF = ['master', 'admin', 'application'] as const
const HEAD = ['master', 'application'] as const

/**
 * Who may do what: the rules that the vendor's pages went by, on the server. Every rule asks this table, and
 * again under the stamp. (yun2win.md §1.10, §4 W5, W6, W8; test/e2e/permissions.test.ts walks it)
 */
const ALLOWED = {
  // Whoever was removed must find his tombstone, and what came before it; of later changes he reads nothing.
  readSession: [...LIVE, 'removed', 'founder', 'application'],
  readMembers: [...LIVE, 'removed', 'founder', 'application'],
  readHistory: [...LIVE, 'removed', 'application'],
  readMessages: [...LIVE, 'application'],

  send: LIVE,
  changeOwnMessage: LIVE,
  // to recall or delete it, not to put words into somebody's mouth
  changeForeignMessage: STAFF,

  // a group that nobody has joined: its creator does so first
  addMember: [...LIVE, 'application'],
  addMaster: ['application'],
  invite: [...LIVE, 'application'],
  leave: LIVE,
  removeUser: STAFF,
  removeInvited: STAFF,
  removeAdmin: HEAD,
  removeMaster: ['application'],
  giveRoles: HEAD,
  confirmOwnRole: LIVE,
  transferMastership: HEAD,

  rename: HEAD,
  changeAvatar: HEAD,
  changeSettings: HEAD,
  deleteSession: HEAD,
} satisfies Record<string, readonly SessionRole[]>

/** What people are told. */
const WHY: Partial<Record<Action, string>> = {
  addMaster: 'a newcomer does not become master: add first, then hand over',
  changeForeignMessage: 'only its sender, or who runs the group, can do this to a message',
  removeUser: 'only the master and administrators remove members',
  removeInvited: 'only the master and administrators withdraw invitations',
  removeAdmin: 'only the master removes administrators',
  removeMaster: 'nobody removes the master',
  giveRoles: 'only the master gives out roles',
  transferMastership: 'only the master gives the group into other hands',
  rename: 'only the master renames the group',
  changeAvatar: 'only the master changes the avatar',
  changeSettings: 'only the master changes the settings of the group',
  deleteSession: 'only the master deletes the group',
}

export function isAllowed(role: SessionRole, action: Action): boolean {
  return (ALLOWED[action] as readonly SessionRole[]).includes(role)
}

/** Throws NotAllowed. */
export function requireAllowed(role: SessionRole, action: Action): void {
  if (isAllowed(role, action)) return
  throw new AppError('NotAllowed', OUTSIDE[role] ?? WHY[action] ?? 'you may not do this here')
}

const OUTSIDE: Partial<Record<SessionRole, string>> = {
  stranger: 'you are not a member of this session',
  removed: 'you are no longer a member of this session',
}
