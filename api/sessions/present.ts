import type { SessionObject } from '../../shared/wire/objects.js'
import { toIso } from '../../shared/wire/time.js'
import type { SessionRow } from './store.js'

/** What of a session's row is shown. */
type Shown = Pick<
  SessionRow,
  'id' | 'type' | 'name' | 'name_changed' | 'secure_type' | 'description' | 'avatar_url' | 'created_at' | 'v'
>

/** `nameChanged` is absent until somebody renames: old clients send back `true` for any value. (§1.10) */
export function presentSession(row: Shown): SessionObject {
  return {
    id: row.id,
    type: row.type,
    name: row.name,
    ...(row.name_changed && { nameChanged: true }),
    secureType: row.secure_type,
    description: row.description,
    avatarUrl: row.avatar_url,
    createdAt: toIso(Number(row.created_at)),
    updatedAt: toIso(Number(row.v)),
  }
}
