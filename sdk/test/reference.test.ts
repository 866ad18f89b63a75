import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, test } from '@jest/globals'
import { ROOT, run } from './helpers/documents.js'

const SDK = join(ROOT, 'sdk')
const read = async (name: string) => JSON.parse(await readFile(join(SDK, name), 'utf8'))

/** `npm run reference -w nudge-sdk` without writing it. */
test('everything exported is explained, and what it refers to is exported', async () => {
  const typedoc = join(SDK, 'node_modules/typedoc/bin/typedoc')
  expect(await run([typedoc, '--emit', 'none', '--logLevel', 'Warn'], SDK)).toEqual({
    output: '',
    exitCode: 0,
  })
})

test('the reference is of every entry of the package', async () => {
  const { exports } = await read('package.json')
  const { entryPoints } = await read('typedoc.json')
  const sources = Object.values<{ types?: string }>(exports).flatMap(({ types }) =>
    types ? [types.replace(/^\.\/dist\/sdk\//, '').replace(/\.d\.ts$/, '.ts')] : [],
  )
  expect(entryPoints).toEqual(sources)
})
