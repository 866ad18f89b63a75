import type { Generated } from 'kysely'
import type { DevicePolicy } from '../../apps/device-policy.js'

/** A customer's application: it owns its users, sessions and everything in them. */
export interface AppTable {
  id: Generated<string>
  key: string
  secret: string
  name: string
  created_at: string
  /** Live members a group may have; null: GROUP_SIZE_LIMIT. */
  group_size_limit: Generated<number | null>
  /** `kick`: one device of a class at a time; null: DEVICE_POLICY. */
  device_policy: Generated<DevicePolicy | null>
  /** Whose pages may embed the conversation page; null: ALLOWED_ORIGINS. */
  allowed_origins: Generated<string[] | null>
}
