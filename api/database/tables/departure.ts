/** A deleted user who may still be a member of groups. */
export interface DepartureTable {
  user_id: string
  app_id: string
}
