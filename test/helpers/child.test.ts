import { expect, test } from '@jest/globals'
import { startProcess } from './child.js'
import { runningPostgres } from './left-postgres.js'

test('a whole Nudge comes up, survives kill -9 with its folder, and stops in good order', async () => {
  const first = await startProcess('main.js')
  expect((await fetch(`${first.url}/healthz`)).status).toBe(200)
  expect(await first.kill('SIGKILL')).toEqual({ code: null, signal: 'SIGKILL' })

  const second = await startProcess('main.js', { DATA_DIR: first.dataDir })
  expect(await second.kill()).toEqual({ code: 0, signal: null })
  expect(await runningPostgres(first.dataDir)).toBeUndefined()
})

test('one that does not come up says why', async () => {
  await expect(startProcess('main.js', { TOKEN_SECRET: 'short' })).rejects.toThrow(
    /ended with 1 .*[\s\S]*TOKEN_SECRET/,
  )
})
