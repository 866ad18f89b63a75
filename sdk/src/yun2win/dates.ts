/** 2000-01-01, local time, ms: where every list begins. */
export const globalMinDate: number = new Date(2000, 0, 1).getTime()

/** 3000-01-01, local time, ms: where the history begins, going back. */
export const globalMaxDate: number = new Date(3000, 0, 1).getTime()

/** A row's date, text or ms, as ms. */
export function msOf(date: string | number | undefined): number {
  return date === undefined ? globalMinDate : new Date(date).getTime()
}
