import type { HistoryMessageObject, MessageObject } from '../../shared/wire/objects.js'
import { SYSTEM_SENDER } from '../../shared/wire/requests.js'
import { systemContent } from '../../shared/wire/texts.js'
import { type Stamp, toIso } from '../../shared/wire/time.js'
import type { MessageRow } from './store.js'

/** The columns of a message that are shown. */
export type ShownMessage = Pick<
  MessageRow,
  | 'id'
  | 'session_id'
  | 'sender_id'
  | 'type'
  | 'content'
  | 'client_message_id'
  | 'is_deleted'
  | 'created_at'
  | 'v'
>

export function presentMessage(row: ShownMessage): MessageObject {
  return {
    id: row.id,
    sessionId: row.session_id,
    sender: row.sender_id ?? SYSTEM_SENDER,
    type: row.type,
    content: row.content,
    ...(row.client_message_id !== null && { clientMessageId: row.client_message_id }),
    isDelete: row.is_deleted,
    createdAt: toIso(Number(row.created_at)),
    updatedAt: toIso(Number(row.v)),
  }
}

/**
 * In history `updatedAt` is when the message was created: the client's next page starts below the smallest
 * one it was given, and an edited message must not send it around in a circle. (yun2win.md §3 #14)
 */
export function presentInHistory(row: MessageRow): HistoryMessageObject {
  const { updatedAt, ...message } = presentMessage(row)
  const isChanged = updatedAt !== message.createdAt
  return { ...message, updatedAt: message.createdAt, ...(isChanged && { changedAt: updatedAt }) }
}

/**
 * A message as somebody sees it who was removed at `removedAt`: what was written into it later is kept from
 * him; that it was recalled or deleted is not (I5). The line that is left does no harm to old clients.
 */
export function asOfRemoval(row: MessageRow, removedAt: Stamp): MessageRow {
  const isRewritten = Number(row.v) >= removedAt && row.type !== 'system'
  return isRewritten ? { ...row, type: 'system', content: systemContent('') } : row
}
