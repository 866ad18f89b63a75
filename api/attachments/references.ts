import type { Stamp } from '../../shared/wire/time.js'
import type { Trx } from '../database/database.js'
import { deleteReferences, insertReferences, type Reference } from './store.js'

/** `attachments/<id>/…`, also as some JSON writers spell it: `attachments\/<id>\/…`. */
const NAMED = /attachments\\?\/([1-9][0-9]{0,17})\\?\//g
/** More than fit into one message that people look at; each costs a look at who may read it. */
const MAX_PER_MESSAGE = 16

/** A message as it is now. */
interface Naming {
  id: string
  session_id: string
  /** Who stored or changed it; null an administrator. */
  actor_id: string | null
  content: string
  /** What it said until this change; left out when it is new. */
  previousContent?: string
}

/**
 * Members of a session may read the attachments that its messages show, if whoever put them there may. Call it
 * for messages that were stored or changed in any way, in the same transaction and under the stamp: afterwards
 * the references are what the messages name now, and nobody looks at the contents again. What a message named
 * before and still does keeps its reference and the time of it. Costs nothing for messages that name no
 * attachment.
 */
export async function shareAttachments(
  trx: Trx,
  stamp: Stamp,
  appId: string,
  messages: Naming[],
): Promise<void> {
  const stale: Omit<Reference, 'actorId'>[] = []
  const named: Reference[] = []
  for (const { id: messageId, session_id: sessionId, actor_id: actorId, ...message } of messages) {
    const now = attachmentsIn(message.content)
    for (const attachmentId of now) named.push({ sessionId, messageId, actorId, attachmentId })
    for (const attachmentId of attachmentsIn(message.previousContent ?? '')) {
      if (!now.includes(attachmentId)) stale.push({ sessionId, messageId, attachmentId })
    }
  }
  if (stale.length > 0) await deleteReferences(trx, stale)
  if (named.length > 0) await insertReferences(trx, stamp, appId, named)
}

/** The ids of the attachments that a text names, each once; of many the first. */
function attachmentsIn(text: string): string[] {
  const ids = new Set<string>()
  for (const match of text.matchAll(NAMED)) {
    ids.add(match[1] as string)
    if (ids.size === MAX_PER_MESSAGE) break
  }
  return [...ids]
}
