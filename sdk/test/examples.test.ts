import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { freePort } from '../../shared/server/free-port.js'
import { notes } from '../../test/helpers/note-extension.js'
import { pins } from '../../test/helpers/pin-extension.js'
import { TestEnv } from '../../test/helpers/test-env.js'
import { blocksOf, Project, programOf, ROOT, run } from './helpers/documents.js'

/** What the pages say is tried: as whoever reads them would, with the package that is built. */

let env: TestEnv
let project: Project

beforeAll(async () => {
  if (!process.env.TEST_SKIP_BUILD) {
    const { output, exitCode } = await run(
      ['../node_modules/typescript/bin/tsc', '-p', 'tsconfig.build.json'],
      join(ROOT, 'sdk'),
    )
    if (exitCode !== 0) throw new Error(output)
  }
  // On a port that is known before it is there, for clients ask the API where push is.
  env = await TestEnv.start({ settings: { WS_PORT: String(await freePort()) }, extensions: [notes, pins] })
  project = await Project.create()
})
afterAll(async () => {
  await env?.close()
  await project?.remove()
})

const here = (program: string) =>
  program.replaceAll('http://127.0.0.1:8080', env.url).replaceAll('mqtt://127.0.0.1:1883', env.mqttUrl)

const linesOf = (output: string) => output.trim().split('\n')

describe('sdk/README.md', () => {
  test('the quick start does what it says, also the second time', async () => {
    const [quickStart = ''] = await blocksOf('sdk/README.md')
    for (let round = 0; round < 2; round += 1) {
      const output = await project.run(here(quickStart), 'quick-start.mjs')
      expect(linesOf(output)).toEqual(['bob reads: hello bob', 'alice reads: hello alice'])
    }
  })

  test('what goes on from there works, and fits its types', async () => {
    const [quickStart = '', ...rest] = await blocksOf('sdk/README.md')
    const farewell = /^await (alice|bob)\.close\(\)$/gm
    expect(quickStart.match(farewell)).toHaveLength(2)
    const program = `${programOf([quickStart.replace(farewell, ''), ...rest])}`
    const ended = program.replace(/\}+$/, (braces) => `await alice.close()\nawait bob.close()\n${braces}`)
    expect(await project.check(ended)).toBe('')
    const lines = linesOf(await project.run(here(ended)))
    // In this order, among others.
    const said = [
      'are you there?',
      'storing',
      /^stored \d+$/,
      'TooLarge',
      'storefailed TooLarge',
      /^notes\.txt 10 http/,
      'some notes',
      'alice master',
      'bob user',
      'true',
      'Bobby',
      'NotFound 404 false',
    ]
    for (const what of said)
      expect(lines).toContainEqual(
        typeof what === 'string' ? expect.stringContaining(what) : expect.stringMatching(what),
      )
  })

  test('the adapter is the one of the bot', async () => {
    const adapter = await readFile(join(ROOT, 'examples/echo-bot/file-storage.mjs'), 'utf8')
    expect(await blocksOf('sdk/README.md')).toContain(adapter)
  })
})

describe('docs/extending.md', () => {
  test('the part about clients works, and fits its types', async () => {
    const register = `
      for (const name of ['alice', 'bob']) {
        const { createClient } = await import('nudge-sdk')
        await createClient({ url: 'http://127.0.0.1:8080' }).register({ account: name + '@example.com', password: 'secret', name }).catch(() => {})
      }`
    const blocks = await blocksOf('docs/extending.md', '# On the client')
    expect(blocks).toHaveLength(4)
    // Who has pulled it has been told of it.
    const heard = 'await (await tablet.sessions.p2p(alice.me.id)).messages.open()'
    const program = programOf([
      register,
      ...blocks,
      heard,
      'for (const client of [alice, bob, tablet]) await client.close()',
    ])
    expect(await project.check(program)).toBe('')
    const lines = linesOf(await project.run(here(program)))
    expect(lines).toEqual(
      expect.arrayContaining([
        "[ 'milk' ]",
        "[ 'oat milk' ]",
        '[]',
        '[ true ]',
        'Where to? the usual place or the new one',
        expect.stringMatching(/^user \d+ is typing in session \d+$/),
      ]),
    )
  })
})
