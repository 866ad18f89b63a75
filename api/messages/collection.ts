import type { MessageObject } from '../../shared/wire/objects.js'
import { MAX_CONTENT_BYTES } from '../../shared/wire/requests.js'
import type { Db } from '../database/database.js'
import type { Collection } from '../sync/collection.js'
import { presentMessage } from './present.js'
import type { MessageRow } from './store.js'

/** A session's messages, edited and deleted ones included. */
export const messages: Collection<{ sessionId: string }, MessageRow, MessageObject> = {
  name: 'messages',
  filterColumns: ['sender_id', 'type'],
  rows: (db: Db, { sessionId }) => db.selectFrom('message').selectAll().where('session_id', '=', sessionId),
  present: presentMessage,
  longColumn: { name: 'content', maxBytes: MAX_CONTENT_BYTES },
}
