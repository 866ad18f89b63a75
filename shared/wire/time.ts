/**
 * Stamps are integer milliseconds since 1970 (design §3). The wire shows them as ISO-8601 UTC with exactly
 * three decimals and takes cursors back as decimal milliseconds or as a date text. (yun2win.md §1.3, §1.7)
 */
export type Stamp = number

export function toIso(stamp: Stamp): string {
  return new Date(stamp).toISOString()
}

/** What a list is read from when the client sends no `Client-Sync-Time`: everything. */
export const BEGINNING: Stamp = Date.UTC(1900, 0, 1)

/** Dates beyond this are not representable; cursors are held inside it. */
const MAX_STAMP: Stamp = 8.64e15

/**
 * Reads a `Client-Sync-Time` header. Returns undefined when it is neither a decimal number of milliseconds
 * (possibly negative) nor a date text.
 */
export function parseCursor(text: string): Stamp | undefined {
  const value = /^-?\d+(\.\d+)?$/.test(text)
    ? Number(text)
    : /^.+[-/]/.test(text)
      ? Date.parse(text)
      : Number.NaN
  if (!Number.isFinite(value)) return undefined
  return Math.max(-MAX_STAMP, Math.min(MAX_STAMP, Math.floor(value)))
}
