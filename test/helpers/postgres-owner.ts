// A Nudge of which only the embedded PostgreSQL is there, for tests that kill it: `tsx postgres-owner.ts <dataDir>`
// prints the database's URL and stays. On SIGTERM it stops the server, and says so.
import { startEmbeddedPostgres } from '../../shared/server/postgres/embedded.js'

try {
  const postgres = await startEmbeddedPostgres({ dataDir: process.argv[2] as string })
  process.on('SIGTERM', async () => {
    await postgres.stop()
    process.stdout.write('stopped\n')
  })
  // Last: whoever reads it may stop us at once.
  process.stdout.write(`${postgres.url}\n`)
} catch (error) {
  process.stderr.write((error as Error).message)
  process.exit(1)
}
