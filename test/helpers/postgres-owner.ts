// A Nudge of which only the embedded PostgreSQL is there, for tests that kill it: `tsx postgres-owner.ts <dataDir>`
// prints the database's URL and stays.
import { startEmbeddedPostgres } from '../../shared/server/postgres/embedded.js'

try {
  const postgres = await startEmbeddedPostgres({ dataDir: process.argv[2] as string })
  process.stdout.write(`${postgres.url}\n`)
  process.on('SIGTERM', async () => {
    await postgres.stop()
    process.exit(0)
  })
} catch (error) {
  process.stderr.write((error as Error).message)
  process.exit(1)
}
