/** Whether a user has a device connected, as the push server `node` told last. */
export interface PresenceTable {
  user_id: string
  node: string
  is_online: boolean
  changed_at: string
}
