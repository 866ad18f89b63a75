import type { UserObject } from '../../shared/wire/objects.js'
import { toIso } from '../../shared/wire/time.js'
import type { UserRow } from './store.js'

/** What of a user's row can be shown. */
export type ShownUser = Omit<UserRow, 'app_id' | 'password_hash'>

export function presentUser(row: ShownUser): UserObject {
  return {
    id: row.id,
    email: row.email,
    name: row.name,
    role: row.role,
    status: row.status,
    jobTitle: row.job_title,
    phone: row.phone,
    address: row.address,
    avatarUrl: row.avatar_url,
    pinyin: row.pinyin,
    isDelete: row.is_deleted,
    createdAt: toIso(Number(row.created_at)),
    updatedAt: toIso(Number(row.v)),
  }
}

/**
 * What everybody may see of a user. Ids can be counted through, so the account, phone and address are left
 * out; whoever knows the account or has the user as a contact sees that. (yun2win.md §4 W6)
 */
export function presentToOthers(row: ShownUser, { isAccountKnown }: { isAccountKnown: boolean }): UserObject {
  return { ...presentUser(row), ...(!isAccountKnown && { email: '' }), phone: '', address: '' }
}
