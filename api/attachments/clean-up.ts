import { readdir, rm, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { sql } from 'kysely'
import { regularly } from '../../shared/server/regularly.js'
import type { Context } from '../context.js'
import { removeBlobs } from './attachments.js'
import { spoolFolder } from './blobs/open.js'
import {
  type AttachmentRow,
  deleteUnused,
  findLeftovers,
  giveUpStoring,
  lockDue,
  setDeleted,
} from './store.js'

const HOUR_MS = 3600_000
const FIRST_AFTER_MS = 60_000
const EVERY_MS = HOUR_MS
/** What is in use is looked at again after this long: the message may be recalled, the avatar replaced. */
const CHECK_AGAIN_MS = 7 * 24 * HOUR_MS
/** A file that is being stored counts as deleted for as long as that takes; nobody takes this long. */
const STORING_LIMIT_MS = HOUR_MS
/** Few: whoever sends one of them waits while they are looked at, and the app's other writers wait behind. */
const BATCH = 100
/** A store that takes longer to remove one file does not answer. */
const BLOB_TIMEOUT_MS = 30_000
/** So many failures in a row, and it is the store: the next run tries again. */
const MAX_FAILURES = 10
/** Any number that nobody else uses for an advisory lock of this database. */
const LOCK = 4_011_968

/** What one clean-up did. */
export interface CleanedUp extends RemovedBlobs {
  deleted: number
  uploadsRemoved: number
}

interface RemovedBlobs {
  blobsRemoved: number
  /** They are tried again by a later run. */
  blobsFailed: number
}

interface CleanUpOptions {
  signal?: AbortSignal
  blobTimeoutMs?: number
}

/** Cleans up every hour until `signal` aborts. */
export function cleanUpRegularly(ctx: Context, signal: AbortSignal): Promise<void> {
  const hourly = { what: 'cleaning up attachments', everyMs: EVERY_MS, firstAfterMs: FIRST_AFTER_MS }
  return regularly(hourly, ctx.log, signal, () => cleanUp(ctx, { signal }))
}

/**
 * Deletes attachments that no message, avatar or emoji has shown for long enough, removes the blobs of deleted
 * ones, and uploads that a crash left behind. What cannot be removed holds nothing else up. Undefined when another
 * process is at it.
 */
export async function cleanUp(ctx: Context, options: CleanUpOptions = {}): Promise<CleanedUp | undefined> {
  const { signal, blobTimeoutMs = BLOB_TIMEOUT_MS } = options
  // The lock is the connection's: it goes with the process that holds it, whatever becomes of it.
  return ctx.db.connection().execute(async (db) => {
    const { rows } = await sql<{ got: boolean }>`select pg_try_advisory_lock(${LOCK}) as got`.execute(db)
    if (!rows[0]?.got) return undefined
    try {
      return {
        deleted: await deleteOrphans(ctx, signal),
        ...(await removeLeftovers(ctx, blobTimeoutMs, signal)),
        uploadsRemoved: await removeOldUploads(ctx),
      }
    } finally {
      await sql`select pg_advisory_unlock(${LOCK})`.execute(db)
    }
  })
}

async function deleteOrphans(ctx: Context, signal: AbortSignal | undefined): Promise<number> {
  const now = ctx.now()
  let deleted = 0
  for (let found = BATCH; found === BATCH && !signal?.aborted; ) {
    await ctx.db.transaction().execute(async (trx) => {
      const ids = await lockDue(trx, now, BATCH)
      found = ids.length
      if (found > 0) deleted += await deleteUnused(trx, ids, { now, checkAfter: now + CHECK_AGAIN_MS })
    })
  }
  return deleted
}

async function removeLeftovers(
  ctx: Context,
  blobTimeoutMs: number,
  signal: AbortSignal | undefined,
): Promise<RemovedBlobs> {
  const done = { blobsRemoved: 0, blobsFailed: 0 }
  let failuresInARow = 0
  while (!signal?.aborted) {
    const leftovers = await findLeftovers(ctx.db, ctx.now() - STORING_LIMIT_MS, BATCH)
    for (const row of leftovers) {
      if (signal?.aborted) return done
      // First, so that whoever is still storing it notices. False: that has just come to an end.
      if (!(await giveUpStoring(ctx.db, row.id))) continue
      if (await removeInTime(ctx, row, blobTimeoutMs, signal)) {
        done.blobsRemoved += 1
        failuresInARow = 0
        continue
      }
      // It stays where it is in the line.
      if (signal?.aborted) return done
      // To the end of the line, for an hour at least.
      await setDeleted(ctx.db, row.id, ctx.now())
      done.blobsFailed += 1
      failuresInARow += 1
      if (failuresInARow === MAX_FAILURES) return done
    }
    if (leftovers.length < BATCH) break
  }
  return done
}

/** Gives up on a store that does not answer, at once when `signal` aborts: the process waits for nobody's store. */
async function removeInTime(
  ctx: Context,
  row: AttachmentRow,
  timeoutMs: number,
  signal: AbortSignal | undefined,
): Promise<boolean> {
  const timer = new AbortController()
  const stop = () => timer.abort()
  signal?.addEventListener('abort', stop)
  if (signal?.aborted) stop()
  const tooLate = sleep(timeoutMs, undefined, { signal: timer.signal }).then(() => {
    throw new Error(`the store did not answer within ${timeoutMs} ms`)
  })
  try {
    await Promise.race([removeBlobs(ctx, row), tooLate])
    return true
  } catch (error) {
    if (signal?.aborted) return false
    ctx.log.warn({ err: error, attachmentId: row.id }, 'a file could not be removed, trying again later')
    return false
  } finally {
    tooLate.catch(() => {})
    signal?.removeEventListener('abort', stop)
    timer.abort()
  }
}

async function removeOldUploads(ctx: Context): Promise<number> {
  const folder = spoolFolder(ctx.config)
  const names = await readdir(folder).catch(() => [])
  let removed = 0
  for (const name of names) {
    const path = join(folder, name)
    const found = await stat(path).catch(() => undefined)
    if (!found || ctx.now() - found.mtimeMs < ctx.config.attachments.orphanHours * HOUR_MS) continue
    await rm(path, { force: true }).then(
      () => {
        removed += 1
      },
      (error) => ctx.log.warn({ err: error }, 'an old upload could not be removed'),
    )
  }
  return removed
}
