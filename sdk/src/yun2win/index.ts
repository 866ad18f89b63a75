/**
 * The API of the yun2win web SDK, as its document describes it, for apps that were written for it. For new apps there
 * is `nudge-sdk` itself.
 *
 * @module
 */
import type { Y2wIMBridge } from './bridge.js'
import { createYun2win, type Yun2win } from './create.js'
import type { Users as UsersOfPage } from './users.js'
import type { Y2wIM } from './y2w-im.js'

const page: Yun2win = createYun2win()

/** Says where the server is: `configure({ baseUrl: 'http://127.0.0.1:8080/v1/' })`. */
export const configure: Yun2win['configure'] = page.configure

/** `Users.getInstance()`: register, login, search, and who is logged in. */
export const Users: Yun2win['Users'] = page.Users
export type Users = UsersOfPage

/** The push service: connects, and names the codes. */
export const y2wIM: Y2wIM = page.y2wIM

/** What connects push and data. See `Y2wIMBridge`. */
export const y2wIMBridge: typeof Y2wIMBridge = page.y2wIMBridge
export type y2wIMBridge = Y2wIMBridge

export { Attachments } from './attachments.js'
export { type SendObj, type SendOptions, type SyncObj, Y2wIMBridge } from './bridge.js'
export type { Callback, Failure, Forbidden } from './callbacks.js'
export { Contact, Contacts, type ContactsRemote } from './contacts.js'
export { createYun2win, type Yun2win } from './create.js'
export { CurrentUser, type CurrentUserFields, type CurrentUserRemote } from './current-user.js'
export { globalMaxDate, globalMinDate } from './dates.js'
export type {
  ConnectOptions,
  IMClient,
  IMMember,
  IMNotification,
  IMSession,
  SendCallbacks,
} from './im-client.js'
export { md5Password } from './md5-password.js'
export {
  Message,
  type MessageFields,
  type MessageStatus,
  Messages,
  type MessagesRemote,
} from './messages.js'
export { SessionMember, SessionMembers, type SessionMembersRemote } from './session-members.js'
export { Session, Sessions, type SessionsRemote } from './sessions.js'
export type { Yun2winOptions, Yun2winStorage, Yun2winTiming } from './settings.js'
export { User, type UserFields } from './user.js'
export {
  type LastMessage,
  UserConversation,
  UserConversations,
  type UserConversationsRemote,
} from './user-conversations.js'
export { UserSession, UserSessions, type UserSessionsRemote } from './user-sessions.js'
export type { UsersRemote } from './users.js'
export type { Y2wIM } from './y2w-im.js'
