import { expect, test } from '@jest/globals'
import { MAX_SCALE, moveBy, WHOLE, zoomAt } from './zoom.js'

test('what is at the point stays there', () => {
  const view = zoomAt({ scale: 2, x: 10, y: -20 }, 1.5, 100, 50)
  const shownAt = (of: number, middle: number, scale: number) => of * scale + middle
  // What was under the pointer, in the picture's own pixels.
  const [x, y] = [(100 - 10) / 2, (50 + 20) / 2]
  expect(shownAt(x, view.x, view.scale)).toBeCloseTo(100)
  expect(shownAt(y, view.y, view.scale)).toBeCloseTo(50)
})

test('it never gets smaller than the window, nor larger than can be', () => {
  expect(zoomAt({ scale: 2, x: 40, y: 40 }, 0.1)).toEqual(WHOLE)
  expect(zoomAt(WHOLE, 1000).scale).toBe(MAX_SCALE)
})

test('it cannot be moved out of sight', () => {
  expect(moveBy(WHOLE, 50, 50, 800, 600)).toEqual(WHOLE)
  expect(moveBy({ scale: 2, x: 0, y: 0 }, 10, -10, 800, 600)).toEqual({ scale: 2, x: 10, y: -10 })
  expect(moveBy({ scale: 2, x: 0, y: 0 }, 1e6, -1e6, 800, 600)).toEqual({ scale: 2, x: 600, y: -450 })
})
