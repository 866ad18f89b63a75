import { createHash, timingSafeEqual } from 'node:crypto'

const DAY_MS = 24 * 3600 * 1000

/**
 * What login hands to clients instead of the app's secret: `md5(secret + date)==date`, date in the server's
 * local time without zero padding, e.g. `2016-1-28`. It buys only an imToken for the user who also shows
 * an access token. (yun2win.md §1.8)
 */
export function datedSecret(secret: string, at: Date): string {
  const date = `${at.getFullYear()}-${at.getMonth() + 1}-${at.getDate()}`
  const digest = createHash('md5')
    .update(secret + date)
    .digest('hex')
  return `${digest}==${date}`
}

/** Accepts yesterday's and tomorrow's too: servers and clients need not agree on the date. */
export function isDatedSecret(candidate: string, secret: string, nowMs: number): boolean {
  return [0, -DAY_MS, DAY_MS].some((shift) =>
    isSameText(candidate, datedSecret(secret, new Date(nowMs + shift))),
  )
}

/** Compares secrets in constant time. */
export function isSameText(a: string, b: string): boolean {
  const [left, right] = [Buffer.from(a), Buffer.from(b)]
  return left.length === right.length && timingSafeEqual(left, right)
}
