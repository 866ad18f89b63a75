import { describe, expect, test } from '@jest/globals'
import { inLetters, letterOf } from './letters.js'

const contact = (displayName: string, ...pinyin: string[]) => ({ displayName, pinyin })

describe('letterOf', () => {
  test.each([
    ['Latin letters', contact('alice', 'alice', 'a'), 'A'],
    ['Chinese, by its pinyin', contact('张三', 'zhangsan', 'zs'), 'Z'],
    ['accents', contact('Émile', 'émile', 'é'), 'E'],
    ['no pinyin', contact('bob'), 'B'],
    ['digits', contact('007', '007', '0'), '#'],
    ['other alphabets', contact('Ольга', 'ольга', 'о'), '#'],
    ['signs', contact('~', '~'), '#'],
    ['nothing', contact(''), '#'],
  ])('%s', (_, named, letter) => {
    expect(letterOf(named)).toBe(letter)
  })
})

test('sections stand in the alphabet’s order, # last, and keep the order within', () => {
  const names = [
    contact('007'),
    contact('Zoe'),
    contact('安娜', 'anna', 'an'),
    contact('Alice'),
    contact('张三', 'zhangsan'),
  ]
  const sections = inLetters(names).map(({ letter, entries }) => [
    letter,
    ...entries.map((e) => e.displayName),
  ])
  expect(sections).toEqual([
    ['A', '安娜', 'Alice'],
    ['Z', 'Zoe', '张三'],
    ['#', '007'],
  ])
})
