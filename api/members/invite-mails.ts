import { createHash, randomBytes } from 'node:crypto'
import type { Log } from '../../shared/server/log.js'
import { Pause } from '../../shared/server/pause.js'
import { regularly } from '../../shared/server/regularly.js'
import type { Context } from '../context.js'
import type { Db } from '../database/database.js'
import type { Mailer } from '../mail/mailer.js'
import {
  type DueInvite,
  deleteExpiredInvites,
  markMailed,
  setInviteKey,
  takeDueInvites,
} from './invite-store.js'

const BATCH = 20
const POLL_MS = 5000
const KEY_BYTES = 24
const PURGE_EVERY_MS = 3600_000
const PURGE_BATCH = 1000

/** What the database keeps of an invitation's key. It has 192 random bits, so one round is enough. */
export function hashInviteKey(key: string): string {
  return createHash('sha256').update(key).digest('base64url')
}

/**
 * Writes the mails of invitations, which wait in the table `invite` since the transaction that invited: after
 * the commit, and after a crash. A mail may be written twice; then the key of the last one opens. Keys are
 * made here and go nowhere but into the mail.
 */
export class InviteMails {
  readonly #pause = new Pause()

  constructor(
    private readonly db: Db,
    private readonly mailer: Mailer,
    private readonly options: { publicUrl: string; now: () => number; log: Log },
  ) {}

  /** Somebody was invited. */
  wake(): void {
    this.#pause.wake()
  }

  /** Runs until `signal` aborts; mails that were begun are finished first. */
  async run(signal: AbortSignal): Promise<void> {
    this.#pause.endWith(signal)
    while (!signal.aborted) {
      this.#pause.begin()
      try {
        const due = await takeDueInvites(this.db, BATCH)
        await Promise.all(due.map((invite) => this.#mail(invite)))
        if (due.length === BATCH) continue
      } catch (error) {
        this.options.log.warn({ err: error }, 'the mails to be written could not be read')
      }
      if (!signal.aborted) await this.#pause.wait(POLL_MS)
    }
  }

  async #mail(invite: DueInvite): Promise<void> {
    const { log, now, publicUrl } = this.options
    try {
      const key = randomBytes(KEY_BYTES).toString('base64url')
      // Withdrawn meanwhile.
      if (!(await setInviteKey(this.db, invite.id, hashInviteKey(key)))) return
      const query = new URLSearchParams({ email: invite.email, key })
      await this.mailer.send(writeInvitation(invite, `${publicUrl}/acceptInvite?${query}`))
      await markMailed(this.db, invite.id, now())
    } catch (error) {
      // A mail server's error may quote the address, and its log line would keep it.
      const code = error instanceof Error && 'code' in error ? error.code : undefined
      log.warn(
        { inviteId: invite.id, attempts: invite.attempts, code },
        'a mail was not sent; trying again later',
      )
    }
  }
}

/** Deletes expired invitations every hour until `signal` aborts. */
export function purgeInvitesRegularly(ctx: PurgeContext, signal: AbortSignal): Promise<void> {
  const hourly = { what: 'deleting expired invitations', everyMs: PURGE_EVERY_MS }
  return regularly(hourly, ctx.log, signal, () => purgeInvites(ctx))
}

type PurgeContext = Pick<Context, 'db' | 'now' | 'log'>

/**
 * Deletes invitations that have expired, with the hashes of their keys; returns how many. The invited address
 * stays in its group's list, and may be invited again.
 */
export async function purgeInvites({ db, now }: PurgeContext): Promise<number> {
  let purged = 0
  for (;;) {
    const found = await deleteExpiredInvites(db, now(), PURGE_BATCH)
    purged += found
    if (found < PURGE_BATCH) return purged
  }
}

function writeInvitation(invite: DueInvite, link: string) {
  const inviter = oneLine(invite.inviterName ?? 'Nudge')
  const group = oneLine(invite.groupName)
  return {
    to: invite.email,
    subject: `${inviter} invites you to ${group || 'a group'}`,
    text: [
      `${inviter} invites you to the group ${group ? `“${group}”` : 'chat'}.`,
      `${inviter}邀请您加入群聊${group ? `“${group}”` : ''}。`,
      '',
      link,
      '',
      'The link works once, and only for this address.',
      '',
    ].join('\n'),
  }
}

function oneLine(text: string): string {
  return text.replace(/[\p{C}\s]+/gu, ' ').trim()
}
