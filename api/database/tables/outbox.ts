import type { Generated } from 'kysely'
import type { Sync } from '../../../shared/wire/sync-types.js'

/** What push still has to be told, one row per topic and kind. */
export interface OutboxTable {
  topic: string
  kind: string
  syncs: Sync[]
  mts: string | null
  v: string
  leased_until: Generated<Date>
}
