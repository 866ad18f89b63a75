import { z } from 'zod'
import { Id } from '../wire/ids.js'

/** Changes that one report holds at most: it must fit into a request. */
export const MAX_PRESENCE_CHANGES = 1000

/** What one push server tells the API of who comes and goes. */
export const PresenceReport = z.object({
  /** Which push server tells. */
  node: z.string().min(1).max(100),
  /** It has just started: of all whom it called online before, only those in `changes` may be. */
  isFresh: z.boolean().optional(),
  /** A user's first device came, or the last one went; `at` in ms. */
  changes: z
    .array(z.object({ userId: Id, isOnline: z.boolean(), at: z.number().int() }))
    .max(MAX_PRESENCE_CHANGES),
})
export type PresenceReport = z.infer<typeof PresenceReport>

/** Where push reports presence to. */
export interface PresenceSink {
  /** Rejects when it could not be stored; to be reported again. */
  report(report: PresenceReport): Promise<void>
}
