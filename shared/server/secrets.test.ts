import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { chmod, mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from '@jest/globals'
import { ConfigError } from './env.js'
import { loadSecrets, loadTokenSecret } from './secrets.js'

let dataDir: string
const file = () => join(dataDir, 'secrets.json')

beforeEach(async () => {
  dataDir = await mkdtemp(join(tmpdir(), 'nudge-secrets-'))
})

afterEach(async () => {
  await rm(dataDir, { recursive: true, force: true })
})

const FROM_ENV = {
  TOKEN_SECRET: 's'.repeat(32),
  APP_KEY: 'key',
  APP_SECRET: 'the secret of an application, long enough',
}

test('what is unset is generated once and kept for this user only', async () => {
  const first = await loadSecrets(dataDir, {})
  expect(first.appKey).toMatch(/^[0-9a-f]{24}$/)
  expect(Buffer.from(first.tokenSecret, 'base64url')).toHaveLength(32)
  expect(Buffer.from(first.appSecret, 'base64url')).toHaveLength(32)
  expect(await loadSecrets(dataDir, {})).toEqual(first)
  expect(await loadTokenSecret(dataDir, {})).toBe(first.tokenSecret)
  if (process.platform !== 'win32') expect((await stat(file())).mode & 0o777).toBe(0o600)
})

test('the environment wins, one by one, and empty text counts as unset', async () => {
  const kept = await loadSecrets(dataDir, {})
  expect(await loadSecrets(dataDir, { APP_KEY: 'mine', APP_SECRET: '', TOKEN_SECRET: '' })).toEqual({
    ...kept,
    appKey: 'mine',
  })
})

test('with everything set the disk is not touched', async () => {
  const secrets = await loadSecrets('/dev/null/nowhere', { ...FROM_ENV, NODE_ENV: 'production' })
  expect(secrets).toEqual({
    tokenSecret: FROM_ENV.TOKEN_SECRET,
    appKey: 'key',
    appSecret: FROM_ENV.APP_SECRET,
  })
  expect(await loadTokenSecret('/dev/null/nowhere', FROM_ENV)).toBe(FROM_ENV.TOKEN_SECRET)
})

test.each([
  { title: 'production without TOKEN_SECRET', env: { NODE_ENV: 'production' } },
  { title: 'a short TOKEN_SECRET', env: { TOKEN_SECRET: 'short' } },
])('$title is refused', async ({ env }) => {
  const loaded = loadSecrets(dataDir, env)
  await expect(loaded).rejects.toThrow(ConfigError)
  await expect(loaded).rejects.toThrow('TOKEN_SECRET')
  await expect(loadTokenSecret(dataDir, env)).rejects.toThrow(ConfigError)
})

test.each([
  { title: 'not JSON', text: '{"tokenSecret": "abc' },
  { title: 'incomplete', text: '{"appKey":"key"}' },
  { title: 'empty', text: '' },
])('a secrets.json that is $title is named and left alone', async ({ text }) => {
  await writeFile(file(), text)
  const loaded = loadSecrets(dataDir, {})
  await expect(loaded).rejects.toThrow(ConfigError)
  await expect(loaded).rejects.toThrow(file())
  expect(await readFile(file(), 'utf8')).toBe(text)
})

test('a data folder that is a file is refused', async () => {
  await writeFile(join(dataDir, 'file'), '')
  await expect(loadSecrets(join(dataDir, 'file'), {})).rejects.toThrow(
    /DATA_DIR is .* a file and not a folder/,
  )
  await expect(loadSecrets(join(dataDir, 'file', 'below'), {})).rejects.toThrow(
    /a part of the path is a file/,
  )
})

const isRoot = process.getuid?.() === 0
;(isRoot ? test.skip : test)('a read-only data folder is refused', async () => {
  await chmod(dataDir, 0o500)
  await expect(loadSecrets(dataDir, {})).rejects.toThrow(/DATA_DIR is .* permission denied/)
})

test('processes that start at the same moment agree', async () => {
  const script = `
    import { loadSecrets } from ${JSON.stringify(new URL('./secrets.ts', import.meta.url).href)}
    process.stdout.write(JSON.stringify(await loadSecrets(${JSON.stringify(dataDir)}, {})))`
  const outputs = await Promise.all(
    Array.from({ length: 4 }, async () => {
      const args = ['--import', 'tsx', '--input-type=module', '-e', script]
      const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'] })
      let output = ''
      child.stdout.on('data', (chunk) => {
        output += chunk
      })
      await once(child, 'close')
      return JSON.parse(output)
    }),
  )
  expect(new Set(outputs.map((secrets) => JSON.stringify(secrets))).size).toBe(1)
  // And many in one process, where the moments are closer still.
  await rm(file())
  const loaded = await Promise.all(Array.from({ length: 20 }, () => loadSecrets(dataDir, {})))
  expect(new Set(loaded.map((secrets) => secrets.tokenSecret)).size).toBe(1)
})
