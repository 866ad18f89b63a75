import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import type { BrowserContext } from 'playwright-core'
import { freePort } from '../../shared/server/free-port.js'
import { startProcess } from '../../test/helpers/child.js'
import { notes } from '../../test/helpers/note-extension.js'
import { pins } from '../../test/helpers/pin-extension.js'
import { TestEnv } from '../../test/helpers/test-env.js'
import { describeInBrowser, type Tab } from './helpers/browser.js'
import { blocksOf, Project, programOf, ROOT, run } from './helpers/documents.js'
import { type Program, startProgram } from './helpers/program.js'
import { describeStorage } from './helpers/storage-suite.js'

/** What the pages say is tried: as whoever reads them would, with the package that is built. */

let env: TestEnv
let project: Project

beforeAll(async () => {
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
    const answer = 'you said: hello bob'
    for (const lines of [[answer], ['alice AlreadyExists', 'bob AlreadyExists', answer]]) {
      const output = await project.run(here(quickStart), 'quick-start.mjs')
      expect(linesOf(output)).toEqual(lines)
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
      'is in ms since 1970',
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

describe('the adapter of the bot', () => {
  let folder: string
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'nudge-files-'))
  })
  afterAll(() => rm(folder, { recursive: true, force: true }))

  // As text, so that TypeScript does not look for the types of a script.
  const script: string = join(ROOT, 'examples/echo-bot/file-storage.mjs')
  let count = 0
  const newAdapter = async () => (await import(script)).fileStorage(join(folder, String(count++)))

  describeStorage('is a storage', newAdapter, { runs: 20 })

  test('keeps things for who comes next', async () => {
    const first = await (await newAdapter()).open('alice')
    await first.write([['a', { b: 1 }]])
    await first.close()
    const { fileStorage } = await import(script)
    const second = await fileStorage(join(folder, String(count - 1))).open('alice')
    expect(await second.list({ prefix: '' })).toEqual([['a', { b: 1 }]])
    expect(await second.get('c')).toBeUndefined()
  })
})

describe('examples/echo-bot', () => {
  let folder: string
  const programs: Program[] = []

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'nudge-echo-'))
  })
  afterAll(async () => {
    for (const program of programs) program.stop()
    await Promise.all(programs.map(({ exited }) => exited))
    await rm(folder, { recursive: true, force: true })
  })

  function start(script: string, settings: NodeJS.ProcessEnv, ...args: string[]): Program {
    const program = startProgram(process.execPath, [`examples/echo-bot/${script}`, ...args], settings)
    programs.push(program)
    return program
  }

  test('echoes, through restarts of the server and of the bot', async () => {
    const DATA_DIR = join(folder, 'server')
    const server = await startProcess('main.js', { DATA_DIR })
    const settings = { NUDGE_URL: server.url, BOT_FOLDER: join(folder, 'bot') }

    let bot = start('bot.mjs', settings)
    await bot.says('talk.mjs alice')
    await bot.says('[live]')
    const talk = start('talk.mjs', settings, 'alice')
    await talk.says('Ctrl-D ends')
    talk.write('hello')
    await talk.says('Echo: hello')

    // The server goes, and comes back where it was.
    await server.kill()
    await Promise.all([bot.says('[offline]'), talk.says('[offline')])
    talk.write('are you there?')
    const { api, mqtt, ws } = server.ports
    const ports = { API_PORT: String(api), MQTT_PORT: String(mqtt), WS_PORT: String(ws) }
    await startProcess('main.js', { DATA_DIR, ...ports })
    await talk.says('Echo: are you there?')

    // The bot goes, misses something, and comes back.
    bot.stop()
    expect(await bot.exited).toBe(0)
    talk.write('you were away')
    bot = start('bot.mjs', settings)
    await talk.says('Echo: you were away')
    talk.write('that is all')
    await talk.says('Echo: that is all')

    talk.finish()
    expect(await talk.exited).toBe(0)
    const echoes = talk.output().match(/^Echo: .*$/gm)
    expect(echoes).toEqual(
      ['hello', 'are you there?', 'you were away', 'that is all'].map((it) => `Echo: ${it}`),
    )
    bot.stop('SIGINT')
    expect(await bot.exited).toBe(0)
  })

  test('without a server it says so', async () => {
    const bot = start('bot.mjs', { NUDGE_URL: 'http://127.0.0.1:9', BOT_FOLDER: join(folder, 'nowhere') })
    expect(await bot.exited).toBe(1)
    expect(bot.output()).toMatch(/^I cannot get in: the server does not answer/m)
  })
})

describe('examples', () => {
  test('fit their types', async () => {
    const tsc = join(ROOT, 'node_modules/typescript/bin/tsc')
    expect(await run([tsc, '--noEmit', '-p', 'examples'], ROOT)).toEqual({ output: '', exitCode: 0 })
  })
})

describeInBrowser('examples/browser', (browser) => {
  let site: string
  let serving: Program

  beforeAll(async () => {
    const { scripts } = JSON.parse(await readFile(join(ROOT, 'package.json'), 'utf8'))
    const [, command = ''] = (scripts.example as string).split(' && ')
    const port = await freePort()
    const [program = '', ...args] = command.replace(':8081', `:${port}`).split(' ')
    serving = startProgram(join(ROOT, 'node_modules/.bin', program), args)
    await serving.says('Local:')
    site = `http://127.0.0.1:${port}/?server=${env.url}`
  })
  afterAll(async () => {
    serving.stop()
    await serving.exited
  })

  const tabs: Tab[] = []

  async function open(context: BrowserContext): Promise<Tab> {
    const tab = await browser.openTab(context, site)
    tabs.push(tab)
    return tab
  }

  async function register({ page }: Tab, name: string): Promise<void> {
    await page.fill('#login [name=account]', `${name}@example.org`)
    await page.fill('#login [name=password]', 'secret')
    await page.fill('#login [name=name]', name)
    await page.click('text=Register')
    await page.waitForSelector('#state[data-state=live]')
  }

  async function say({ page }: Tab, words: string): Promise<void> {
    await page.fill('[name=words]', words)
    await page.press('[name=words]', 'Enter')
  }

  const shows = ({ page }: Tab, words: string) => page.waitForSelector(`#messages .bubble >> text="${words}"`)
  const bubbles = ({ page }: Tab) => page.locator('#messages .bubble').allTextContents()

  test('two people talk, and two tabs of one of them stay in step', async () => {
    const ofAnna = await browser.newContext()
    const [anna, otto] = [await open(ofAnna), await open(await browser.newContext())]
    await Promise.all([register(anna, 'Anna'), register(otto, 'Otto')])

    await anna.page.fill('#find input', 'nobody@example.org')
    await anna.page.press('#find input', 'Enter')
    await anna.page.waitForSelector('text=Nobody here is nobody@example.org.')
    await anna.page.fill('#find input', 'Otto@example.org')
    await anna.page.press('#find input', 'Enter')
    await anna.page.waitForSelector('#open:not([hidden])')
    await say(anna, 'hello Otto')
    // The server's line, and this one.
    await otto.page.waitForSelector('#conversations .unread >> text="2"')
    await otto.page.click('#conversations li')
    await shows(otto, 'hello Otto')
    await otto.page.waitForSelector('#conversations .unread', { state: 'detached' })

    // Another tab of Anna's is logged in, has everything, and sends as well.
    const second = await open(ofAnna)
    await second.page.click('#conversations li')
    await shows(second, 'hello Otto')
    await say(second, 'from the second tab')
    await say(otto, 'hello Anna')
    for (const tab of [anna, second, otto]) {
      await Promise.all([shows(tab, 'from the second tab'), shows(tab, 'hello Anna')])
    }

    await second.page.setInputFiles('[name=files]', {
      name: 'notes.txt',
      mimeType: 'text/plain',
      buffer: Buffer.from('some notes'),
    })
    const picture = await otto.page.screenshot()
    await otto.page.setInputFiles('[name=files]', { name: 'a.png', mimeType: 'image/png', buffer: picture })
    for (const tab of [anna, second, otto]) {
      await shows(tab, 'notes.txt')
      await tab.page.waitForFunction(() =>
        [...document.querySelectorAll<HTMLImageElement>('.bubble img')].some(
          (image) => image.naturalWidth > 0,
        ),
      )
    }
    await otto.page.locator('[name=words]').pressSequentially('so')
    await anna.page.waitForSelector('text=Otto is typing…')

    // The tab that leads goes, the other one takes over; a reload shows what was there.
    await anna.page.close()
    await say(otto, 'still there?')
    await shows(second, 'still there?')
    await second.page.reload()
    await second.page.click('#conversations li')
    await shows(second, 'still there?')
    expect(await bubbles(second)).toEqual(await bubbles(otto))

    const third = await open(ofAnna)
    await third.page.waitForSelector('#chat:not([hidden])')
    await second.page.click('#logout')
    await third.page.waitForSelector('#login:not([hidden])')
    expect(tabs.flatMap(({ errors }) => errors)).toEqual([])
  })
})
