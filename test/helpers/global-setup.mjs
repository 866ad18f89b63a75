import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

// Plain JavaScript that loads dist/: jest runs this before its own module resolution exists, and with it there
// is no `.js` that means `.ts`.

/**
 * Before the first test: builds dist/, sdk/dist/ and web/dist/, because tests run what users run, and starts one PostgreSQL for
 * everybody, `TEST_POSTGRES_URL`. A caller's own server can be named by `TEST_DATABASE_URL` instead, and
 * `TEST_SKIP_BUILD=1` takes them as they are.
 */
export default async function globalSetup() {
  if (!process.env.TEST_SKIP_BUILD) build()
  if (process.env.TEST_DATABASE_URL) {
    process.env.TEST_POSTGRES_URL = process.env.TEST_DATABASE_URL
    return
  }

  const dataDir = mkdtempSync(join(tmpdir(), 'nudge-test-'))
  // Ctrl-C: PostgreSQL gets its signal from our exit handler, the folder goes with its files still open.
  const onSignal = () => process.exit(130)
  const onExit = () => rmSync(dataDir, { recursive: true, force: true })
  process.once('SIGINT', onSignal)
  process.once('SIGTERM', onSignal)
  process.once('exit', onExit)

  const { startEmbeddedPostgres } = await import('../../dist/shared/server/postgres/embedded.js')
  const postgres = await startEmbeddedPostgres({
    dataDir,
    // Nothing here outlives the run. Tests of durability run a PostgreSQL of their own.
    settings: { fsync: 'off', synchronous_commit: 'off', full_page_writes: 'off', max_connections: '300' },
  })
  process.env.TEST_POSTGRES_URL = postgres.url
  // Read by global-teardown.mjs, which runs in the same process.
  globalThis.stopTestPostgres = async () => {
    await postgres.stop()
    onExit()
  }
}

function build() {
  const root = join(import.meta.dirname, '../..')
  const result = spawnSync('npm', ['run', 'build'], {
    cwd: root,
    encoding: 'utf8',
    shell: process.platform === 'win32',
  })
  if (result.status !== 0) throw new Error(`The build failed:\n${result.stdout}${result.stderr}`)
}
