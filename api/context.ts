import type { Announcement } from '../shared/server/announcement.js'
import type { Log } from '../shared/server/log.js'
import { createTokens, type Tokens } from '../shared/server/tokens.js'
import type { Carrier } from './announce/drain.js'
import type { BlobStore } from './attachments/blobs/blob-store.js'
import { openBlobStore } from './attachments/blobs/open.js'
import { UploadSlots } from './attachments/upload-slots.js'
import type { ApiConfig } from './config.js'
import { createReadMarks, type ReadMarks } from './conversations/read-marks.js'
import { createSmallLists, type SmallLists } from './conversations/small-lists.js'
import type { Db } from './database/database.js'
import { createLimits, type Limits } from './limits/limits.js'
import { type Appender, createAppender } from './messages/append.js'
import { createSmallDeltas, type SmallDeltas } from './messages/delta.js'
import { type Clock, createClock } from './sync/clock.js'
import { Turns } from './sync/turns.js'
import { Accounts } from './users/accounts.js'

/** What one API process has, built once and passed to rules. */
export interface Context {
  config: ApiConfig
  log: Log
  /** The wall clock, in ms. Stamps come from `clock`, never from here. */
  now(): number
  tokens: Tokens
  db: Db
  clock: Clock
  turns: Turns
  appender: Appender
  smallDeltas: SmallDeltas
  smallLists: SmallLists
  readMarks: ReadMarks
  /** The bytes of attachments. */
  blobs: BlobStore
  uploadSlots: UploadSlots
  limits: Limits
  accounts: Accounts
  /** True once the process is on its way out. */
  isStopping(): boolean
  /** Tells push at once, beside the outbox; rejects when it cannot be reached. */
  announce(announcement: Announcement): Promise<void>
  carrier: Carrier
  /** Says that there are mails to be written. */
  wakeMails(): void
  /** Says that there are groups to be left by deleted users. */
  wakeDepartures(): void
}

/** What a context is made of; tests replace the clocks. */
export interface ContextParts {
  config: ApiConfig
  log: Log
  db: Db
  now?: () => number
  clock?: Clock
  isStopping(): boolean
  announce(announcement: Announcement): Promise<void>
  carrier: Carrier
  wakeMails?: () => void
  wakeDepartures?: () => void
}

export function createContext(parts: ContextParts): Context {
  const { config, log, db, announce, carrier, isStopping } = parts
  const clock = parts.clock ?? createClock(log)
  const turns = new Turns()
  const writing = { db, clock, turns, carrier }
  return {
    config,
    log,
    db,
    clock,
    turns,
    announce,
    carrier,
    wakeMails: parts.wakeMails ?? (() => {}),
    wakeDepartures: parts.wakeDepartures ?? (() => {}),
    isStopping,
    now: parts.now ?? Date.now,
    tokens: createTokens(config.tokenSecret),
    appender: createAppender(writing),
    smallDeltas: createSmallDeltas(db),
    smallLists: createSmallLists(db),
    accounts: new Accounts(db),
    readMarks: createReadMarks(writing),
    blobs: openBlobStore(config),
    uploadSlots: new UploadSlots(),
    limits: createLimits(config.limits),
  }
}
