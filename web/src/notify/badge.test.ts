import { expect, test } from '@jest/globals'
import { marked, titleFor } from './badge.js'

test.each([
  [0, 'Nudge'],
  [1, '(1) Nudge'],
  [99, '(99) Nudge'],
  [100, '(99+) Nudge'],
])('%d unread: %s', (unread, title) => {
  expect(titleFor(unread)).toBe(title)
})

test('the mark is on top of the icon, once', () => {
  const svg = marked('<svg viewBox="0 0 64 64"><rect/></svg>\n')
  expect(svg).toMatch(/^<svg viewBox="0 0 64 64"><rect\/><circle [^<]*\/><circle [^<]*\/><\/svg>$/)
})
