import { readdir, readFile } from 'node:fs/promises'
import { dirname, join, normalize, sep } from 'node:path'
import { expect, test } from '@jest/globals'

const SOURCE = join(import.meta.dirname, '../../web/src')

/** Which folders each folder of the web app imports from, its tests aside. What lies beside them is no folder. */
async function readArrows(): Promise<Map<string, Set<string>>> {
  const arrows = new Map<string, Set<string>>()
  for (const path of await readdir(SOURCE, { recursive: true })) {
    const [folder = '', ...rest] = path.split(sep)
    if (rest.length === 0 || !/\.tsx?$/.test(path) || path.includes('.test.')) continue
    const text = await readFile(join(SOURCE, path), 'utf8')
    const targets = arrows.get(folder) ?? new Set()
    arrows.set(folder, targets)
    for (const [, from = ''] of text.matchAll(/(?:from |import\()'(\.[^']+)'/g)) {
      const [target = '', ...file] = normalize(join(dirname(path), from)).split(sep)
      if (file.length > 0 && target !== folder && target !== '..') targets.add(target)
    }
  }
  return arrows
}

/** A way from some folder back to it, as `a → b → a`. */
function findCircle(arrows: Map<string, Set<string>>): string | undefined {
  const done = new Set<string>()
  const walk = (folder: string, way: readonly string[]): string | undefined => {
    if (way.includes(folder)) return [...way.slice(way.indexOf(folder)), folder].join(' → ')
    if (done.has(folder)) return undefined
    for (const target of arrows.get(folder) ?? []) {
      const circle = walk(target, [...way, folder])
      if (circle) return circle
    }
    done.add(folder)
    return undefined
  }
  for (const folder of arrows.keys()) {
    const circle = walk(folder, [])
    if (circle) return circle
  }
  return undefined
}

test('folders of the web app use each other one way', async () => {
  const arrows = await readArrows()
  expect([...(arrows.get('shell') ?? [])]).toEqual(expect.arrayContaining(['chat', 'ui', 'platform']))
  expect(findCircle(arrows)).toBeUndefined()
  // It would be found.
  expect(findCircle(new Map(arrows).set('browser', new Set(['shell'])))).toMatch(/browser → shell/)
})
