import { AppError } from '../../shared/server/app-error.js'
import { announce, sessionChanged } from '../announce/announce.js'
import { shareAttachments } from '../attachments/references.js'
import type { Db } from '../database/database.js'
import { findMember } from '../members/store.js'
import { isLive } from '../sessions/access.js'
import { findSession } from '../sessions/store.js'
import { GroupCommit } from '../sync/group-commit.js'
import { type WriteContext, write } from '../sync/write.js'
import {
  appendMessages,
  type Draft,
  findByClientId,
  type MessageRow,
  type Stored,
  sentHash,
} from './store.js'

/** Stores messages; concurrent ones share a transaction. Undefined: it was refused. */
export type Appender = GroupCommit<Draft, MessageRow | undefined>

/** Also bounds how far a page can outgrow its limit: all messages of a batch have one stamp. */
const MAX_BATCH = 256
const MAX_WAITING = 10_000

/** The append path (design §4). A send resolves once its batch has committed. One bad message fails alone. */
export function createAppender(ctx: WriteContext): Appender {
  return new GroupCommit({
    maxBatch: MAX_BATCH,
    maxWaiting: MAX_WAITING,
    run: (appId, drafts) => appendBatch(ctx, appId, drafts),
  })
}

/**
 * Stores a message, or gives the one that the same client id stored before. Throws NotFound, NotAllowed, and
 * Conflict when the client id was used for another message.
 */
export async function append(
  { db, appender }: { db: Db; appender: Appender },
  appId: string,
  draft: Draft,
): Promise<MessageRow> {
  // Refusals are explained here, so that those behind them need not wait for it.
  const row = (await appender.submit(appId, draft)) ?? (await explainRefusal(db, appId, draft))
  // Nothing speaks against it any more: its sender has become a member just now.
  const again = row ?? (await appender.submit(appId, draft))
  if (!again) throw new AppError('NotAllowed', 'you are not a member of this session')
  return again
}

async function appendBatch(
  ctx: WriteContext,
  appId: string,
  drafts: Draft[],
): Promise<PromiseSettledResult<MessageRow | undefined>[]> {
  // Of sends that repeat each other in one batch the first is stored; the others find it.
  const { rows, failures } = await storeTogetherOrEach(ctx, appId, withoutRepeats(drafts))
  return drafts.map((draft) =>
    failures.has(draft)
      ? { status: 'rejected', reason: failures.get(draft) }
      : { status: 'fulfilled', value: rows.get(draft) },
  )
}

interface BatchOutcome {
  rows: Map<Draft, MessageRow>
  failures: Map<Draft, unknown>
}

/** When the database refuses a batch, each message is tried by itself, so that only the culprit fails. */
async function storeTogetherOrEach(ctx: WriteContext, appId: string, drafts: Draft[]): Promise<BatchOutcome> {
  const outcome: BatchOutcome = { rows: new Map(), failures: new Map() }
  try {
    for (const { index, row } of await store(ctx, appId, drafts))
      outcome.rows.set(drafts[index] as Draft, row)
    return outcome
  } catch (error) {
    if (drafts.length === 1 || !isRefusedByDatabase(error)) throw error
  }
  for (const draft of drafts) {
    try {
      for (const { row } of await store(ctx, appId, [draft])) outcome.rows.set(draft, row)
    } catch (error) {
      outcome.failures.set(draft, error)
    }
  }
  return outcome
}

function store(ctx: WriteContext, appId: string, drafts: Draft[]): Promise<Stored[]> {
  return write(ctx, appId, async (trx, stamp) => {
    const stored = await appendMessages(trx, stamp, appId, drafts)
    await shareAttachments(
      trx,
      stamp,
      appId,
      stored.map(({ row }) => row),
    )
    const sessions = new Map(stored.map(({ session }) => [session.id, session]))
    await announce(trx, stamp, [...sessions.values()].map(sessionChanged))
    return stored
  })
}

/**
 * Postgres answered with an error in the data (class 22) or a constraint (23), so nothing was committed and
 * trying again is safe. After a broken connection it would not be: the commit may have happened.
 */
function isRefusedByDatabase(error: unknown): boolean {
  return error instanceof Error && 'code' in error && /^2[23]/.test(String(error.code))
}

function withoutRepeats(drafts: Draft[]): Draft[] {
  const seen = new Set<string>()
  return drafts.filter((draft) => {
    if (draft.clientMessageId === null) return true
    const key = `${draft.sessionId} ${draft.actorId} ${draft.clientMessageId}`
    const isFirst = !seen.has(key)
    seen.add(key)
    return isFirst
  })
}

/** Why a draft was not stored: because it was before (then its row), or throws. Undefined: no reason is left. */
async function explainRefusal(db: Db, appId: string, draft: Draft): Promise<MessageRow | undefined> {
  const session = await findSession(db, appId, draft.sessionId)
  if (!session) throw new AppError('NotFound', 'there is no such session')

  // Asked before membership: who was removed since may still repeat what was stored before.
  const { clientMessageId } = draft
  const known = clientMessageId && (await findByClientId(db, draft.sessionId, draft.actorId, clientMessageId))
  if (known && isSameMessage(known, draft)) return known
  if (known) throw new AppError('Conflict', 'clientMessageId: was used for another message in this session')

  const member = await findMember(db, draft.sessionId, draft.actorId)
  if (!isLive(member)) throw new AppError('NotAllowed', 'you are not a member of this session')
  return undefined
}

/** Whether the draft is what was sent then, though it may have been edited since. */
function isSameMessage(row: MessageRow, draft: Draft): boolean {
  if (row.sent_hash !== null) return row.sent_hash === sentHash(draft)
  return row.sender_id === draft.senderId && row.type === draft.type && row.content === draft.content
}
