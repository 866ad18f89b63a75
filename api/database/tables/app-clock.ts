/** The last stamp given out in an app. */
export interface AppClockTable {
  app_id: string
  v: string
}
