import { existsSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, test } from '@jest/globals'

const ROOT = join(import.meta.dirname, '../..')
const read = (name: string) => readFile(join(ROOT, name), 'utf8')
const blocksOf = (text: string) => text.match(/^```.*?^```$/gms)
/** Where links and pictures lead to in the project. */
const targetsOf = (text: string) =>
  [...text.matchAll(/\]\(([^)#]+)|(?:src|srcset)="([^"]+)"/g)]
    .map(([, link, picture]) => link ?? picture ?? '')
    .filter((target) => !/^https?:/.test(target))

test('the README has the same commands and links in both languages', async () => {
  const [english, chinese] = await Promise.all([read('README.md'), read('README.zh-CN.md')])
  expect(blocksOf(chinese)).toEqual(blocksOf(english))
  const others = (text: string) =>
    [...new Set(targetsOf(text))].filter((name) => !name.startsWith('README')).sort()
  expect(others(chinese)).toEqual(others(english))
})

test.each(['README.md', 'README.zh-CN.md'])('what %s leads to is there', async (name) => {
  const missing = targetsOf(await read(name)).filter((target) => !existsSync(join(ROOT, target)))
  expect(missing).toEqual([])
})
