import { createServer, type Server } from 'node:http'
import { isBuiltin } from 'node:module'
import type { AddressInfo } from 'node:net'
import { fileURLToPath } from 'node:url'
import { afterAll, afterEach, beforeAll, describe, test } from '@jest/globals'
import { build, type Message } from 'esbuild'
import {
  type Browser,
  type BrowserContext,
  type BrowserContextOptions,
  chromium,
  type Page,
} from 'playwright-core'
import { findChromium, NO_CHROMIUM } from '../../../tools/find-chromium.js'

/**
 * Tests in a real browser. Jest and the test itself run in Node.js as always; what is to run in a page is sent
 * there:
 *
 * ```ts
 * describeInBrowser('IndexedDB', (browser) => {
 *   const site = browser.serve<typeof import('./page.js')>(new URL('./page.ts', import.meta.url))
 *
 *   test('is there', async () => {
 *     const context = await browser.newContext() // empty storage
 *     const tab = await browser.openTab(context, site) // tabs of one context are tabs of one browser
 *     expect(await tab.run(({ hasIndexedDb }) => hasIndexedDb())).toBe(true)
 *     expect(tab.errors).toEqual([])
 *   })
 * })
 * ```
 *
 * Where there is no Chromium the tests are skipped, unless REQUIRE_CHROMIUM=1 asks to have them fail.
 */
export function describeInBrowser(title: string, fn: (browser: TestBrowser) => void): void {
  const executablePath = findChromium()
  if (executablePath) {
    describe(title, () => fn(useBrowser(executablePath)))
  } else if (process.env.REQUIRE_CHROMIUM === '1') {
    test(title, () => {
      throw new Error(`There is ${NO_CHROMIUM}.`)
    })
  } else {
    process.stderr.write(`Skipped, for there is ${NO_CHROMIUM}: ${title}\n`)
    describe.skip(title, () => fn(useBrowser('')))
  }
}

const ARGS = [
  '--headless',
  // Root has none, and what runs here is ours.
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
]

export interface TestBrowser {
  /** For what the rest does not offer. Only while tests run. */
  readonly playwright: Browser
  /** A browser of its own as far as pages can tell: nothing stored, nothing shared. Closed after the test. */
  newContext(options?: BrowserContextOptions): Promise<BrowserContext>
  /** Serves a page with the bundled TypeScript file, on a port of its own. Call it where tests are declared. */
  serve<Exports>(entry: URL): Site<Exports>
  /** Opens the site's page, or another URL. */
  openTab<Exports>(context: BrowserContext, site: Site<Exports> | string): Promise<Tab<Exports>>
}

export interface Site<Exports> {
  /** `http://127.0.0.1:<port>/`, which browsers trust as if it were HTTPS. Only while tests run. */
  readonly url: string
  /** What the entry file exports; a type only. */
  readonly exports?: Exports
}

/** A page, and what went wrong in it. */
export class Tab<Exports = unknown> {
  /** What the console shows as errors and what nobody caught, up to now. */
  readonly errors: string[] = []
  readonly page: Page

  constructor(page: Page) {
    this.page = page
    page.on('pageerror', (error) => this.errors.push(String(error)))
    page.on('console', (message) => {
      if (message.type() === 'error') this.errors.push(message.text())
    })
  }

  /**
   * Runs `fn` in the page with what the entry file exports. `fn` is sent as text, so it sees nothing of what is
   * around it in the test; what it needs is `input`, copied like its result.
   */
  async run<Result>(fn: (nudge: Exports) => Result | Promise<Result>): Promise<Result>
  async run<Input, Result>(
    fn: (nudge: Exports, input: Input) => Result | Promise<Result>,
    input: Input,
  ): Promise<Result>
  async run(fn: (nudge: Exports, input: unknown) => unknown, input?: unknown): Promise<unknown> {
    // Asked for each time: it is another one after a reload.
    const nudge = await this.page.evaluateHandle(() => (globalThis as unknown as { nudge: never }).nudge)
    try {
      return await nudge.evaluate(fn as (nudge: unknown, input: unknown) => unknown, input)
    } finally {
      // Fails when the page is gone by now.
      await nudge.dispose().catch(() => {})
    }
  }
}

function useBrowser(executablePath: string): TestBrowser {
  let browser: Browser | undefined
  const contexts: BrowserContext[] = []

  beforeAll(async () => {
    browser = await chromium.launch({ executablePath, args: ARGS })
  })
  afterEach(async () => {
    for (const context of contexts.splice(0)) await context.close()
  })
  afterAll(() => browser?.close())

  const running = () => {
    if (!browser) throw new Error('The browser runs only while tests do.')
    return browser
  }
  return {
    get playwright() {
      return running()
    },
    async newContext(options) {
      const context = await running().newContext(options)
      contexts.push(context)
      return context
    },
    serve: useSite,
    async openTab<Exports>(context: BrowserContext, site: Site<Exports> | string) {
      const tab = new Tab<Exports>(await context.newPage())
      await tab.page.goto(typeof site === 'string' ? site : site.url)
      return tab
    },
  }
}

function useSite<Exports>(entry: URL): Site<Exports> {
  let server: Server | undefined

  beforeAll(async () => {
    const script = await bundle(fileURLToPath(entry))
    server = createServer((request, response) => {
      const file = { '/': PAGE, '/entry.js': script }[request.url ?? '']
      const type = file === script ? 'text/javascript' : 'text/html'
      response.writeHead(file === undefined ? 404 : 200, { 'content-type': `${type}; charset=utf-8` })
      response.end(file)
    })
    await new Promise<void>((resolve) => server?.listen(0, '127.0.0.1', resolve))
  })
  afterAll(async () => {
    server?.closeAllConnections()
    await new Promise((resolve) => server?.close(resolve))
  })

  return {
    get url() {
      if (!server) throw new Error('The site is served only while tests run.')
      return `http://127.0.0.1:${(server.address() as AddressInfo).port}/`
    },
  }
}

/** Asks again and again until it is so: for what no event tells. Rejects after half a minute. */
export async function until(isSo: () => boolean | Promise<boolean>): Promise<void> {
  const deadline = Date.now() + 30_000
  while (!(await isSo())) {
    if (Date.now() > deadline) throw new Error(`It never came to be: ${isSo}`)
    await new Promise((resolve) => setTimeout(resolve, 5))
  }
}

/** The icon is named so that the browser does not ask for one. */
const PAGE = `<!doctype html>
<title>Nudge</title>
<link rel="icon" href="data:,">
<script type="module">
  import * as nudge from '/entry.js'
  globalThis.nudge = nudge
</script>
`

/** As the bundlers of apps do it. Rejects when a module of Node.js would get in, and for whatever else is odd. */
export async function bundle(entry: string): Promise<string> {
  const { outputFiles, metafile, warnings } = await build({
    entryPoints: [entry],
    bundle: true,
    write: false,
    metafile: true,
    platform: 'browser',
    conditions: ['browser'],
    format: 'esm',
    target: 'es2022',
    sourcemap: 'inline',
    logLevel: 'silent',
  })
  const outside = Object.values(metafile.outputs).flatMap((output) => output.imports.map(({ path }) => path))
  // Packages such as `events` stand in for a module of Node.js, and are here only because some tool needs them.
  const standIns = Object.keys(metafile.inputs).filter((path) =>
    isBuiltin(/^(?:.*\/)?node_modules\/([^/]+)\//.exec(path)?.[1] ?? ''),
  )
  const problems = [
    ...warnings.map(describeMessage),
    ...[...outside, ...standIns].map((path) => `${path} is imported`),
  ]
  if (problems.length > 0) throw new Error(`${entry} is not for browsers:\n${problems.join('\n')}`)
  return outputFiles[0]?.text ?? ''
}

function describeMessage({ text, location }: Message): string {
  return location ? `${location.file}:${location.line}: ${text}` : text
}
