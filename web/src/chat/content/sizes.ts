const UNITS = ['B', 'kB', 'MB', 'GB', 'TB']

/** 512 B, 1.4 MB; the number as is usual in that language. */
export function formatSize(bytes: number, locale: string): string {
  let value = Math.max(0, bytes)
  let unit = 0
  for (; value >= 999.5 && unit < UNITS.length - 1; unit += 1) value /= 1000
  const maximumFractionDigits = unit > 0 && value < 10 ? 1 : 0
  return `${new Intl.NumberFormat(locale, { maximumFractionDigits }).format(value)} ${UNITS[unit]}`
}

/** 0:07, 12:30, 1:02:03. */
export function formatDuration(seconds: number): string {
  const whole = Number.isFinite(seconds) ? Math.max(0, Math.floor(seconds)) : 0
  const [hours, minutes, rest] = [Math.floor(whole / 3600), Math.floor(whole / 60) % 60, whole % 60]
  const pad = (value: number) => String(value).padStart(2, '0')
  return hours > 0 ? `${hours}:${pad(minutes)}:${pad(rest)}` : `${minutes}:${pad(rest)}`
}

export interface Box {
  width: number
  height: number
}

const MAX_SIDE = 320
const MIN_SIDE = 56
const UNKNOWN: Box = { width: 240, height: 180 }

/**
 * The room (CSS pixels) that is kept for a picture of so many pixels before it is there: never enlarged, and never so
 * thin that nobody could hit it. Senders may say anything of their pictures.
 */
export function boxOf(width: unknown, height: unknown): Box {
  if (!isLength(width) || !isLength(height)) return UNKNOWN
  const scale = Math.min(1, MAX_SIDE / width, MAX_SIDE / height)
  const fit = (length: number) => Math.round(Math.min(MAX_SIDE, Math.max(MIN_SIDE, length * scale)))
  return { width: fit(width), height: fit(height) }
}

const isLength = (value: unknown): value is number =>
  typeof value === 'number' && Number.isFinite(value) && value > 0
