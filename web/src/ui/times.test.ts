import { describe, expect, test } from '@jest/globals'
import { dayName, fullTime, isSameDay, shortTime, timeOfDay } from './times.js'

const at = (year: number, month: number, day: number, hour = 12, minute = 0) =>
  new Date(year, month - 1, day, hour, minute).getTime()
/** A Wednesday. */
const now = at(2026, 3, 18, 9, 30)

describe('short times', () => {
  test.each([
    ['this morning', at(2026, 3, 18, 0, 5), /^12:05\sAM$/, '0:05'],
    ['a clock that goes ahead', at(2026, 3, 18, 23, 0), /^11:00\sPM$/, '23:00'],
    ['one minute before midnight', at(2026, 3, 17, 23, 59), /^Yesterday$/, '昨天'],
    ['six days ago', at(2026, 3, 12, 1), /^Thu$/, '周四'],
    ['a week ago', at(2026, 3, 11, 23), /^3\/11\/26$/, '2026/3/11'],
  ])('%s', (_title, time, english, chinese) => {
    expect(shortTime(time, 'en', now)).toMatch(english)
    expect(shortTime(time, 'zh', now)).toBe(chinese)
  })
})

describe('names of days', () => {
  test.each([
    ['today', at(2026, 3, 18, 0), 'Today', '今天'],
    ['yesterday', at(2026, 3, 17, 0), 'Yesterday', '昨天'],
    ['this year', at(2026, 1, 2), 'Friday, January 2', '1月2日星期五'],
    ['another year', at(2025, 12, 31), 'Wednesday, December 31, 2025', '2025年12月31日星期三'],
  ])('%s', (_title, time, english, chinese) => {
    expect(dayName(time, 'en', now)).toBe(english)
    expect(dayName(time, 'zh', now)).toBe(chinese)
  })
})

test('days are those of this device, also when one of them has no 24 hours', () => {
  for (let day = 1; day < 366; day++) {
    expect(isSameDay(at(2026, 1, day, 0), at(2026, 1, day, 23, 59))).toBe(true)
    expect(isSameDay(at(2026, 1, day, 23, 59), at(2026, 1, day + 1, 0))).toBe(false)
  }
})

test('whole times say everything', () => {
  expect(fullTime(now, 'en')).toMatch(/^Wednesday, March 18, 2026 at 9:30:00\sAM$/)
  expect(timeOfDay(now, 'zh')).toBe('9:30')
})
