import { expect, test } from '@jest/globals'
import { findGlyphs, GLYPHS } from './emoji-table.js'

test('every emoji is there once, with a name in both languages', () => {
  expect(GLYPHS.length).toBeGreaterThan(250)
  expect(new Set(GLYPHS.map(({ glyph }) => glyph)).size).toBe(GLYPHS.length)
  for (const { glyph, en, zh } of GLYPHS) {
    expect(glyph).toMatch(/^[^\p{L}\s]+$/u)
    expect(en).toMatch(/^[a-z ]+$/)
    expect(zh).toMatch(/^[\p{Script=Han}TOK]+$/u)
  }
})

test('they are found by their names, best first', () => {
  expect(findGlyphs('Rocket').map(({ glyph }) => glyph)).toEqual(['🚀'])
  expect(findGlyphs('火箭').map(({ glyph }) => glyph)).toEqual(['🚀'])
  expect(findGlyphs('fox')[0]?.glyph).toBe('🦊')
  expect(findGlyphs('happy birthday')).toEqual([])
  expect(findGlyphs('  ')).toEqual([])
})
