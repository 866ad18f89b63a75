import { type RawBuilder, sql } from 'kysely'
import type { LastMessageObject, UserConversationObject } from '../../shared/wire/objects.js'
import { MAX_CONTENT_BYTES, SYSTEM_SENDER } from '../../shared/wire/requests.js'
import type { SessionType } from '../../shared/wire/session-types.js'
import { systemContent } from '../../shared/wire/texts.js'
import { toIso } from '../../shared/wire/time.js'
import type { Db } from '../database/database.js'
import { type Collection, MAX_LIMIT, type SyncedRow } from '../sync/collection.js'

/** A conversation as its owner sees it. */
export interface ListedConversation extends SyncedRow {
  user_id: string
  session_id: string
  peer_id: string | null
  type: SessionType
  name: string
  avatar_url: string
  is_top: boolean
  is_deleted: boolean
  unread: string
  created_at: string
  message_sender_id: string | null
  message_type: string | null
  message_content: string | null
  message_created_at: string | null
  reminder_text: string | null
  reminder_at: string | null
}

/** The last message of a frozen conversation was edited after its owner was removed: not for him to read (I5). */
const REWRITTEN_SINCE = sql<boolean>`(
  c.left_count is not null and last.type <> 'system'
  and last.v >= (select m.created_at from session_member m where m.id = c.id)
)`

interface ConversationScope {
  /** Or the column that has it. */
  userId: string | RawBuilder<string>
  /** Only this one. */
  conversationId?: string
}

/**
 * A user's conversation list: a projection of the session's head, the session, the other user and the
 * member's own settings, so that a message writes no row per member (I3). It has changed when any of them
 * has. For somebody who was removed it is frozen as it was then.
 */
export const userConversations: Collection<ConversationScope, ListedConversation, UserConversationObject> = {
  name: 'userConversations',
  filterColumns: ['type'],
  // Old clients never ask for a second page. (yun2win.md §3 #17)
  defaultLimit: MAX_LIMIT,
  longColumn: { name: 'message_content', maxBytes: MAX_CONTENT_BYTES },
  rows: (db: Db, { userId, conversationId }) =>
    db
      .selectFrom('conversation as c')
      .innerJoin('session as s', 's.id', 'c.session_id')
      .innerJoin('session_head as h', 'h.session_id', 'c.session_id')
      .leftJoin('app_user as peer', 'peer.id', 'c.peer_id')
      .leftJoin('message as last', (join) =>
        join
          .onRef('last.session_id', '=', 'c.session_id')
          .on(
            'last.id',
            '=',
            sql`case when c.left_count is null then h.last_message_id else c.left_message_id end`,
          ),
      )
      .where('c.user_id', '=', userId)
      .$if(conversationId !== undefined, (own) => own.where('c.id', '=', conversationId as string))
      // It shows from the first message after the member came.
      .where(sql<boolean>`coalesce(c.left_count, h.message_count) > c.joined_count`)
      // The session of a user with himself is for his devices, not for the list.
      .where(sql<boolean>`c.peer_id is distinct from c.user_id`)
      .select(['c.id', 'c.user_id', 'c.session_id', 'c.peer_id', 's.type', 'c.is_top', 'c.created_at'])
      .select([
        sql<string>`case when c.left_count is null then greatest(c.v, h.v, s.v, peer.v) else c.v end`.as('v'),
        sql<string>`coalesce(c.name, c.left_name, peer.name, s.name)`.as('name'),
        sql<string>`coalesce(c.left_avatar_url, peer.avatar_url, s.avatar_url)`.as('avatar_url'),
        sql<string>`greatest(coalesce(c.left_count, h.message_count) - c.read_count, 0)`.as('unread'),
        // The next message brings a deleted conversation back; a deleted session takes its members' along.
        sql<boolean>`coalesce(coalesce(c.left_count, h.message_count) <= c.deleted_count, false)
          or (s.is_deleted and c.left_count is null)`.as('is_deleted'),
        'last.sender_id as message_sender_id',
        sql<string>`case when ${REWRITTEN_SINCE} then 'system' else last.type end`.as('message_type'),
        sql<string>`case when ${REWRITTEN_SINCE} then ${systemContent('')} else last.content end`.as(
          'message_content',
        ),
        'last.created_at as message_created_at',
        // A reminder shows until the next message.
        sql<
          string | null
        >`case when coalesce(c.left_count, h.message_count) <= c.reminder_count then c.reminder_text end`.as(
          'reminder_text',
        ),
        'c.reminder_at',
      ]),
  present: (row) => ({
    id: row.id,
    targetId: targetOf(row),
    sessionId: row.session_id,
    name: row.name,
    type: row.type,
    top: row.is_top,
    visiable: true,
    unread: Number(row.unread),
    ...presentLastMessage(row),
    avatarUrl: row.avatar_url,
    isDelete: row.is_deleted,
    createdAt: toIso(Number(row.created_at)),
    updatedAt: toIso(Number(row.v)),
  }),
}

function presentLastMessage(row: ListedConversation): { lastMessage?: LastMessageObject } {
  if (row.reminder_text !== null) {
    return {
      lastMessage: {
        sender: SYSTEM_SENDER,
        type: 'system',
        content: systemContent(row.reminder_text),
        createdAt: toIso(Number(row.reminder_at)),
      },
    }
  }
  if (row.message_content === null) return {}
  return {
    lastMessage: {
      sender: row.message_sender_id ?? SYSTEM_SENDER,
      type: row.message_type ?? '',
      content: row.message_content,
      createdAt: toIso(Number(row.message_created_at)),
    },
  }
}

/** p2p: the other user; single: oneself; group: the session. */
function targetOf(row: ListedConversation): string {
  if (row.type === 'p2p') return row.peer_id ?? row.user_id
  return row.type === 'single' ? row.user_id : row.session_id
}
