import { type Language, LOCALES } from '../i18n/locales.js'

const DAY_MS = 24 * 3600_000

/** 14:05 or 2:05 PM, as is usual; `at` in ms since 1970, shown in the zone of this device. */
export function timeOfDay(at: number, language: Language): string {
  return new Intl.DateTimeFormat(LOCALES[language], { hour: 'numeric', minute: '2-digit' }).format(at)
}

/** Short, for lists: the time today, then yesterday, the weekday, the date. */
export function shortTime(at: number, language: Language, now = Date.now()): string {
  const days = daysBetween(at, now)
  if (days <= 0) return timeOfDay(at, language)
  if (days === 1) return yesterday(language)
  if (days < 7) return new Intl.DateTimeFormat(LOCALES[language], { weekday: 'short' }).format(at)
  return new Intl.DateTimeFormat(LOCALES[language], { dateStyle: 'short' }).format(at)
}

/** Long, for the line above a day's messages. */
export function dayName(at: number, language: Language, now = Date.now()): string {
  const days = daysBetween(at, now)
  if (days <= 0)
    return capital(new Intl.RelativeTimeFormat(LOCALES[language], { numeric: 'auto' }).format(0, 'day'))
  if (days === 1) return yesterday(language)
  const options: Intl.DateTimeFormatOptions = { weekday: 'long', month: 'long', day: 'numeric' }
  if (new Date(at).getFullYear() !== new Date(now).getFullYear()) options.year = 'numeric'
  return new Intl.DateTimeFormat(LOCALES[language], options).format(at)
}

/** Whole, for titles: the date and the time to the second. */
export function fullTime(at: number, language: Language): string {
  return new Intl.DateTimeFormat(LOCALES[language], { dateStyle: 'full', timeStyle: 'medium' }).format(at)
}

export function isSameDay(a: number, b: number): boolean {
  return daysBetween(a, b) === 0
}

/** Midnights between two moments, of this device's days. */
function daysBetween(at: number, now: number): number {
  const midnight = (time: number) => new Date(time).setHours(0, 0, 0, 0)
  return Math.round((midnight(now) - midnight(at)) / DAY_MS)
}

function yesterday(language: Language): string {
  return capital(new Intl.RelativeTimeFormat(LOCALES[language], { numeric: 'auto' }).format(-1, 'day'))
}

const capital = (text: string) => text.charAt(0).toUpperCase() + text.slice(1)
