import { type Language, localeOf } from '../i18n/locales.js'

const DAY_MS = 24 * 3600_000

/** 14:05 or 2:05 PM, as is usual; `at` in ms since 1970, shown in the zone of this device. */
export function timeOfDay(at: number, language: Language): string {
  return format(at, language, { hour: 'numeric', minute: '2-digit' })
}

/** Short, for lists: the time today, then yesterday, the weekday, the date. `now`: any moment of today. */
export function shortTime(at: number, language: Language, now: number): string {
  const days = daysBetween(at, now)
  if (days <= 0) return timeOfDay(at, language)
  if (days === 1) return relativeDay(-1, language)
  if (days < 7) return format(at, language, { weekday: 'short' })
  // With the month in letters nobody takes it for the day.
  return format(at, language, { month: 'short', day: 'numeric', ...yearUnless(at, now) })
}

/** Long, for the line above a day's messages. `now`: any moment of today. */
export function dayName(at: number, language: Language, now: number): string {
  const days = daysBetween(at, now)
  if (days <= 0) return relativeDay(0, language)
  if (days === 1) return relativeDay(-1, language)
  return format(at, language, { weekday: 'long', month: 'long', day: 'numeric', ...yearUnless(at, now) })
}

/** Whole, for titles: the date and the time to the second. */
export function fullTime(at: number, language: Language): string {
  return format(at, language, { dateStyle: 'full', timeStyle: 'medium' })
}

/** The beginning of this device's day, or of one that is so many `days` later. */
export function midnight(at: number, days = 0): number {
  return new Date(at).setHours(24 * days, 0, 0, 0)
}

/** Midnights between two moments, of this device's days. */
function daysBetween(at: number, now: number): number {
  return Math.round((midnight(now) - midnight(at)) / DAY_MS)
}

/** That the year is told, when it is another one. */
function yearUnless(at: number, now: number): Intl.DateTimeFormatOptions {
  return new Date(at).getFullYear() === new Date(now).getFullYear() ? {} : { year: 'numeric' }
}

function format(at: number, language: Language, options: Intl.DateTimeFormatOptions): string {
  return new Intl.DateTimeFormat(localeOf(language), options).format(at)
}

function relativeDay(days: number, language: Language): string {
  const words = new Intl.RelativeTimeFormat(localeOf(language), { numeric: 'auto' }).format(days, 'day')
  return words.charAt(0).toUpperCase() + words.slice(1)
}
