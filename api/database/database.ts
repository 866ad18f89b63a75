import { type Kysely, type Migration, Migrator, type Transaction } from 'kysely'
import { migrations } from '../../migrations/index.js'
import type { AbsenceTable } from './tables/absence.js'
import type { AppTable } from './tables/app.js'
import type { AppClockTable } from './tables/app-clock.js'
import type { AppUserTable } from './tables/app-user.js'
import type { AttachmentTable } from './tables/attachment.js'
import type { AttachmentReferenceTable } from './tables/attachment-reference.js'
import type { ContactTable } from './tables/contact.js'
import type { ConversationTable } from './tables/conversation.js'
import type { DepartureTable } from './tables/departure.js'
import type { EmojiTable } from './tables/emoji.js'
import type { FavouriteTable } from './tables/favourite.js'
import type { InviteTable } from './tables/invite.js'
import type { LoginTable } from './tables/login.js'
import type { LoginRecordTable } from './tables/login-record.js'
import type { MessageTable } from './tables/message.js'
import type { OutboxTable } from './tables/outbox.js'
import type { PresenceTable } from './tables/presence.js'
import type { SessionTable } from './tables/session.js'
import type { SessionHeadTable } from './tables/session-head.js'
import type { SessionMemberTable } from './tables/session-member.js'

/** Column types are as pg gives them: `bigint` ids and stamps are text until a presenter reads them. */
export interface Database {
  app: AppTable
  app_clock: AppClockTable
  app_user: AppUserTable
  session: SessionTable
  session_head: SessionHeadTable
  session_member: SessionMemberTable
  conversation: ConversationTable
  absence: AbsenceTable
  message: MessageTable
  attachment: AttachmentTable
  attachment_reference: AttachmentReferenceTable
  emoji: EmojiTable
  invite: InviteTable
  departure: DepartureTable
  contact: ContactTable
  favourite: FavouriteTable
  login: LoginTable
  login_record: LoginRecordTable
  presence: PresenceTable
  outbox: OutboxTable
}

export type Db = Kysely<Database>
export type Trx = Transaction<Database>

/** Brings the schema up to date. Safe to run from several processes at once: Kysely locks. */
export async function migrate(db: Db): Promise<void> {
  const migrator = new Migrator({ db, provider: { getMigrations: async () => migrations } })
  const { error } = await migrator.migrateToLatest()
  if (error) throw error
}

/**
 * The same for the tables of an extension, after ours. Its steps are remembered in a table of their own, so
 * that extensions come and go, and grow, without a common order; what one that is gone has stored stays.
 */
export async function migrateExtension(
  db: Db,
  extension: { name: string; migrations: Record<string, Migration> },
): Promise<void> {
  const migrator = new Migrator({
    db,
    migrationTableName: `ext_${extension.name}_migration`,
    provider: { getMigrations: async () => extension.migrations },
  })
  const { error } = await migrator.migrateToLatest()
  if (error) throw error
}
