import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdir, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { type Browser, chromium, type Page } from 'playwright-core'
import sharp from 'sharp'
import { freePort } from '../../shared/server/free-port.js'
import { getChromium } from '../../tools/find-chromium.js'
import { type Story, tellStory } from './story.js'

const ROOT = join(import.meta.dirname, '../..')
const WIDE = { width: 1280, height: 800 }
const NARROW = { width: 390, height: 844 }

/** The main screens; `open` brings the page there from the list of conversations. */
const SCREENS: Record<string, (page: Page, story: Story) => Promise<unknown>> = {
  chats: async () => {},
  chat: async (page, { sessions }) => {
    await goTo(page, `/chats/${sessions.hike}`)
    await page.getByRole('main').getByText('packing-list.pdf').waitFor()
    // The day that lies over the messages goes when nothing moves.
    await page.waitForTimeout(2000)
  },
  contacts: (page) => goTo(page, '/contacts'),
  groups: (page) => goTo(page, '/groups'),
  settings: (page) => goTo(page, '/settings'),
  debug: async (page, { sessions, say }) => {
    await page.goto(`${new URL(page.url()).origin}/?debug#/chats/${sessions.lina}`)
    await page.getByText('catchingUp → live').waitFor()
    await page.getByRole('button', { name: 'Clear' }).click()
    await say('lina', sessions.lina, WORDS.shift() ?? 'One more thing')
    await page
      .getByRole('button', { name: /messages of p2p_/ })
      .first()
      .click()
  },
}

/** One for each take of the developer's view. */
const WORDS = [
  'Shall we ship it on Monday?',
  'Or rather on Tuesday.',
  'I will ask Marta.',
  'She says Monday is fine.',
]

// npm run screenshots -w nudge-web [-- --out FOLDER] [--only chat]: the pictures of the README, taken anew from the
// build as it is. Chromium has to be installed.
const { values } = parseArgs({
  options: { out: { type: 'string', default: join(ROOT, 'docs/images') }, only: { type: 'string' } },
})
const dataDir = await mkdtemp(join(tmpdir(), 'nudge-screenshots-'))
const server = await startServer(dataDir)
const browser = await chromium.launch({ executablePath: getChromium(), args: ['--no-sandbox'] })
try {
  await mkdir(values.out, { recursive: true })
  const story = await tellStory(server.url)
  for (const colorScheme of ['light', 'dark'] as const) {
    for (const [width, viewport] of Object.entries({ wide: WIDE, narrow: NARROW })) {
      await takeAll(browser, server.url, story, { colorScheme, viewport, suffix: `${width}-${colorScheme}` })
    }
  }
} finally {
  await browser.close()
  await server.stop()
  await rm(dataDir, { recursive: true, force: true })
}

async function takeAll(
  browser: Browser,
  url: string,
  story: Story,
  look: { colorScheme: 'light' | 'dark'; viewport: typeof WIDE; suffix: string },
): Promise<void> {
  const { colorScheme, viewport, suffix } = look
  const context = await browser.newContext({
    ...{ colorScheme, viewport, deviceScaleFactor: 2, locale: 'en-US', reducedMotion: 'reduce' },
    ...(viewport === NARROW && { hasTouch: true }),
    // Or else it is offered to turn them on.
    permissions: ['notifications'],
  })
  const page = await context.newPage()
  const shoot = async (name: string) => {
    await page.waitForLoadState('networkidle')
    await page.mouse.move(0, 0)
    await page.waitForFunction(() => [...document.images].every(({ complete }) => complete))
    const picture = sharp(await page.screenshot())
    await picture.webp({ quality: 88 }).toFile(join(values.out, `${name}-${suffix}.webp`))
  }
  await page.goto(url)
  await page.getByLabel('Account').waitFor()
  if (isWanted('login')) await shoot('login')
  await page.getByLabel('Account').fill(story.account)
  await page.getByLabel('Password', { exact: true }).fill(story.password)
  await page.getByRole('button', { name: 'Log in', exact: true }).click()
  await page.getByRole('link', { name: /Weekend hike/ }).waitFor()

  for (const [name, open] of Object.entries(SCREENS)) {
    if (!isWanted(name)) continue
    await open(page, story)
    await shoot(name)
  }
  await context.close()
}

async function goTo(page: Page, path: string): Promise<void> {
  await page.evaluate((hash) => {
    location.hash = hash
  }, path)
}

function isWanted(name: string): boolean {
  return values.only === undefined || values.only === name
}

/** The whole product on free ports, with a folder of its own. */
async function startServer(dataDir: string): Promise<{ url: string; stop(): Promise<void> }> {
  const [api, mqtt, ws] = [await freePort(), await freePort(), await freePort()]
  const child = spawn(process.execPath, [join(ROOT, 'dist/main.js')], {
    env: {
      ...process.env,
      ...{ DATA_DIR: dataDir, API_PORT: `${api}`, MQTT_PORT: `${mqtt}`, WS_PORT: `${ws}`, RATE_LIMIT: 'off' },
    },
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  // It says where it is once everything listens.
  await once(child.stdout, 'data')
  return {
    url: `http://127.0.0.1:${api}`,
    stop: async () => {
      child.kill()
      await once(child, 'exit')
    },
  }
}
