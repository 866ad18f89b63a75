import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { beforeAll, expect, test } from '@jest/globals'
import { Env as ApiEnv, readApiConfig } from '../../api/config.js'
import { Env as PushEnv, readPushConfig } from '../../push/config.js'
import { SecretsEnv } from '../../shared/server/secrets.js'

/** .env.example names every setting there is, none that is not, and what it shows is what is used without it. */

const SECRETS = { tokenSecret: 't', appKey: 'k', appSecret: 's' }
const known = new Set([ApiEnv, PushEnv, SecretsEnv].flatMap(({ shape }) => Object.keys(shape)))
let example: [name: string, value: string][]

beforeAll(async () => {
  const text = await readFile(join(import.meta.dirname, '../../.env.example'), 'utf8')
  example = text
    .split('\n')
    .filter((line) => line !== '' && !line.startsWith('#'))
    .map((line) => line.split(/=(.*)/) as [string, string])
})

test('it names every setting, once', () => {
  const names = example.map(([name]) => name)
  expect(names.toSorted()).toEqual([...known].sort())
})

test('as it stands it changes nothing', () => {
  const env = Object.fromEntries(example)
  expect(readApiConfig(env, SECRETS)).toEqual(readApiConfig({}, SECRETS))
  expect(readPushConfig(env)).toEqual(readPushConfig({}))
})
