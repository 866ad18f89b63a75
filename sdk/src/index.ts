export {
  Client,
  type ClientOptions,
  type Credentials,
  createClient,
  type Registration,
  type Timing,
  type TokenLogin,
} from './client.js'
export type { ClientEvents, StatusEvent, Trace } from './client-events.js'
export { NudgeError, type NudgeErrorCode } from './errors.js'
export type { Unsubscribe } from './events.js'
export {
  type AnyMessageType,
  type AudioContent,
  audio,
  av,
  defineMessageType,
  type FileContent,
  file,
  type ImageContent,
  image,
  type LocationContent,
  location,
  type MessageType,
  type MessageTypeSpec,
  system,
  type TextContent,
  task,
  text,
  type VideoContent,
  video,
} from './extend/message-type.js'
export {
  type AnySyncType,
  type CustomRow,
  defineSyncType,
  Synced,
  type SyncType,
  type SyncTypeSpec,
} from './extend/sync-type.js'
export type { Files, StoredFile, UploadOptions } from './http/files.js'
export type { Fetch, RequestTrace } from './http/rest.js'
export type { Deadlines } from './link/pulse.js'
export type { Dial, Link, LinkHandlers, Transport } from './link/transport.js'
export {
  type WebSocketConstructor,
  type WebSocketLike,
  type WebSocketTransportOptions,
  webSocketTransport,
} from './link/websocket.js'
export type { Contact, Contacts } from './model/contacts.js'
export type { Conversation, LastMessage } from './model/conversation.js'
export type { CustomList } from './model/custom-list.js'
export type { Emoji, Emojis } from './model/emojis.js'
export type { Entity, Row } from './model/entity.js'
export type { Favourite, Favourites } from './model/favourites.js'
export type { LiveList } from './model/live-list.js'
export type { Me, ProfileChange } from './model/me.js'
export type { Member } from './model/member.js'
export type { Message } from './model/message.js'
export type { MessageList } from './model/message-list.js'
export type { MemberList, SendFileOptions, Session } from './model/session.js'
export type { NewGroup, Sessions } from './model/sessions.js'
export type { SyncedList } from './model/synced-list.js'
export type { User, Users } from './model/users.js'
export type { SendStatus, Upload } from './send/draft.js'
export { type IndexedDbOptions, indexedDbStorage } from './store/indexed-db.js'
export { type KeyValueArea, type LocalStorageOptions, localStorageStorage } from './store/local-storage.js'
export { memoryStorage } from './store/memory.js'
export type { Range, Storage, StorageAdapter, Write } from './store/storage.js'
export type { State } from './sync/states.js'
