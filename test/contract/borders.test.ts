import { spawnSync } from 'node:child_process'
import { mkdir, mkdtemp, readFile, realpath, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { basename, dirname, join, relative } from 'node:path'
import { afterAll, beforeAll, expect, test } from '@jest/globals'

/** Arrows between folders go one way (design §2), and the linter holds that line: this shows that it bites. */
const FORBIDDEN = [
  { path: 'api/x.ts', from: '../push/index.js' },
  { path: 'api/sessions/x.ts', from: '../../push/relay.js' },
  { path: 'push/x.ts', from: '../api/index.js' },
  { path: 'push/x.ts', from: 'kysely' },
  { path: 'push/x.ts', from: 'pg' },
  { path: 'shared/wire/x.ts', from: '../server/log.js' },
  { path: 'shared/wire/x.ts', from: 'node:fs' },
  { path: 'shared/wire/x.ts', from: 'node:fs/promises' },
  { path: 'shared/server/x.ts', from: '../../api/index.js' },
  { path: 'shared/server/x.ts', from: '../../push/index.js' },
  { path: 'shared/server/postgres/x.ts', from: '../../../api/index.js' },
  { path: 'sdk/src/x.ts', from: '../../api/index.js' },
  { path: 'sdk/src/x.ts', from: '../../push/index.js' },
  { path: 'sdk/src/store/x.ts', from: '../../../shared/server/log.js' },
  { path: 'sdk/src/x.ts', from: '../../web/index.js' },
  { path: 'sdk/src/x.ts', from: '../../main.js' },
  { path: 'sdk/src/x.ts', from: '../test/helpers/browser.js' },
  { path: 'sdk/src/x.ts', from: 'node:fs' },
  { path: 'sdk/src/x.ts', from: 'node:fs/promises' },
  { path: 'migrations/x.ts', from: '../shared/wire/ids.js' },
  { path: 'migrations/x.ts', from: '../api/database/open.js' },
]

const ALLOWED = [
  { path: 'api/x.ts', from: '../shared/wire/ids.js' },
  { path: 'api/x.ts', from: 'kysely' },
  { path: 'push/x.ts', from: '../shared/server/tokens.js' },
  { path: 'shared/wire/x.ts', from: './ids.js' },
  { path: 'shared/server/x.ts', from: '../wire/ids.js' },
  { path: 'sdk/src/x.ts', from: '../../shared/wire/ids.js' },
  { path: 'sdk/src/store/x.ts', from: '../../../shared/wire/ids.js' },
  { path: 'sdk/src/store/x.ts', from: '../events.js' },
  { path: 'sdk/src/store/x.ts', from: 'idb' },
  { path: 'sdk/src/store/x.test.ts', from: '../../test/helpers/storage-suite.js' },
  { path: 'sdk/src/store/x.test.ts', from: 'node:fs' },
  { path: 'sdk/test/x.ts', from: '../../api/index.js' },
  { path: 'sdk/test/x.ts', from: 'node:fs' },
  { path: 'migrations/x.ts', from: 'kysely' },
  { path: 'main.ts', from: './api/index.js' },
]

const ROOT = join(import.meta.dirname, '../..')
let folder: string
/** `<file>: <rule>` of everything that the linter found. */
let findings: string[]

/** Where case n of a list is linted: beside the file it names, so that several fit. */
function fileOf(kind: 'allowed' | 'forbidden', path: string, index: number): string {
  return join(dirname(path), basename(path).replace(/^x\./, `${kind}-${index}.`))
}

// One file for each import in an empty copy of the house, with our rules, linted in one go.
beforeAll(async () => {
  folder = await realpath(await mkdtemp(join(tmpdir(), 'nudge-borders-')))
  const config = JSON.parse(await readFile(join(ROOT, 'biome.json'), 'utf8'))
  await writeFile(
    join(folder, 'biome.json'),
    JSON.stringify({ ...config, $schema: undefined, vcs: undefined }),
  )
  for (const [kind, cases] of [
    ['forbidden', FORBIDDEN],
    ['allowed', ALLOWED],
  ] as const) {
    for (const [index, { path, from }] of cases.entries()) {
      const file = join(folder, fileOf(kind, path, index))
      await mkdir(dirname(file), { recursive: true })
      await writeFile(file, `import { thing } from '${from}'\n\nthing()\n`)
    }
  }
  const biome = join(ROOT, 'node_modules/@biomejs/biome/bin/biome')
  const args = [biome, 'lint', '--reporter=github', '--max-diagnostics=none', '.']
  const { stdout, stderr } = spawnSync(process.execPath, args, { cwd: folder, encoding: 'utf8' })
  findings = [...stdout.matchAll(/^::error title=([^,]+),file=([^,]+),/gm)].map(
    ([, rule, file = '']) => `${relative(folder, file)}: ${rule}`,
  )
  if (findings.length === 0) throw new Error(`The linter found nothing at all:\n${stdout}${stderr}`)
})

afterAll(() => rm(folder, { recursive: true, force: true }))

test.each(FORBIDDEN.map((it, index) => ({ ...it, index })))(
  '$path may not import $from',
  ({ path, index }) => {
    const file = fileOf('forbidden', path, index)
    expect(findings).toContain(`${file}: lint/style/noRestrictedImports`)
  },
)

test.each(ALLOWED.map((it, index) => ({ ...it, index })))('$path may import $from', ({ path, index }) => {
  const file = fileOf('allowed', path, index)
  expect(findings.filter((finding) => finding.startsWith(`${file}:`))).toEqual([])
})
