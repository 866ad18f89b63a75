/** How often a user logged in on a day (UTC, `YYYY-MM-DD`). */
export interface LoginRecordTable {
  app_id: string
  day: string
  user_id: string
  count: number
}
