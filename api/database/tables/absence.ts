/** A time that a member was out of a session, from `left_v` until he came back at `back_v`. */
export interface AbsenceTable {
  user_id: string
  session_id: string
  left_v: string
  back_v: string
}
