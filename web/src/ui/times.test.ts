import { beforeEach, describe, expect, test } from '@jest/globals'
import { localeOf } from '../i18n/locales.js'
import { dayName, fullTime, midnight, shortTime, timeOfDay } from './times.js'

const at = (year: number, month: number, day: number, hour = 12, minute = 0) =>
  new Date(year, month - 1, day, hour, minute).getTime()
/** A Wednesday. */
const now = at(2026, 3, 18, 9, 30)

/** What the browser's user prefers. */
function prefer(...languages: string[]): void {
  Object.defineProperty(globalThis, 'navigator', { value: { languages }, configurable: true })
}

beforeEach(() => prefer('en-US', 'zh-CN'))

describe('short times', () => {
  test.each([
    ['this morning', at(2026, 3, 18, 0, 5), /^12:05\sAM$/, /^0?0:05$/, '0:05'],
    ['a clock that goes ahead', at(2026, 3, 18, 23, 0), /^11:00\sPM$/, /^23:00$/, '23:00'],
    ['one minute before midnight', at(2026, 3, 17, 23, 59), /^Yesterday$/, /^Yesterday$/, '昨天'],
    ['six days ago', at(2026, 3, 12, 1), /^Thu$/, /^Thu$/, '周四'],
    ['a week ago', at(2026, 3, 11, 23), /^Mar 11$/, /^11 Mar$/, '3月11日'],
    ['another year', at(2025, 3, 11), /^Mar 11, 2025$/, /^11 Mar 2025$/, '2025年3月11日'],
  ])('%s', (_title, time, american, british, chinese) => {
    expect(shortTime(time, 'en', now)).toMatch(american)
    expect(shortTime(time, 'zh', now)).toBe(chinese)
    prefer('zh-CN', 'en-GB', 'en-US')
    expect(shortTime(time, 'en', now)).toMatch(british)
  })
})

describe('names of days', () => {
  test.each([
    ['today', at(2026, 3, 18, 0), /^Today$/, /^Today$/, '今天'],
    ['yesterday', at(2026, 3, 17, 0), /^Yesterday$/, /^Yesterday$/, '昨天'],
    ['this year', at(2026, 1, 2), /^Friday, January 2$/, /^Friday,? 2 January$/, '1月2日星期五'],
    [
      'another year',
      at(2025, 12, 31),
      /^Wednesday, December 31, 2025$/,
      /^Wednesday,? 31 December 2025$/,
      '2025年12月31日星期三',
    ],
  ])('%s', (_title, time, american, british, chinese) => {
    expect(dayName(time, 'en', now)).toMatch(american)
    expect(dayName(time, 'zh', now)).toBe(chinese)
    prefer('en-GB')
    expect(dayName(time, 'en', now)).toMatch(british)
  })

  test('are the same at any moment of the day', () => {
    expect(dayName(at(2026, 3, 18, 23, 59), 'en', midnight(now))).toBe('Today')
    expect(dayName(at(2026, 3, 17, 0), 'en', at(2026, 3, 18, 23, 59))).toBe('Yesterday')
  })
})

test('the next midnight is the first moment of the next day, also when days have no 24 hours', () => {
  for (let day = 1; day < 366; day++) {
    expect(midnight(at(2026, 1, day, 23, 59), 1)).toBe(at(2026, 1, day + 1, 0))
    expect(midnight(at(2026, 1, day, 0))).toBe(at(2026, 1, day, 0))
  }
})

test('whole times say everything', () => {
  expect(fullTime(now, 'en')).toMatch(/^Wednesday, March 18, 2026 at 9:30:00\sAM$/)
  expect(timeOfDay(now, 'zh')).toBe('9:30')
})

describe('dates are written as', () => {
  test.each([
    ['the user prefers in that language', 'en', ['de-DE', 'en-IE', 'en-US'], 'en-IE'],
    ['the language alone says', 'en', ['en'], 'en'],
    ['is usual where the browser has nothing of it', 'zh', ['en-GB'], 'zh-CN'],
    ['is usual where the browser says what nobody understands', 'en', ['en-US@posix'], 'en'],
    ['in a script', 'zh', ['zh-Hant-TW', 'zh'], 'zh-Hant-TW'],
  ] as const)('%s', (_title, language, preferred, locale) => {
    expect(localeOf(language, preferred)).toBe(locale)
  })
})
