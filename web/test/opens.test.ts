import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { beforeAll, expect, test } from '@jest/globals'
import { describeInBrowser } from '../../sdk/test/helpers/browser.js'
import type { RunningProcess } from '../../test/helpers/child.js'
import { enter, openApp, startWeb } from './helpers/people.js'

const DIST = process.env.WEB_DIR ?? join(import.meta.dirname, '../dist')
/** What may come over the wire before the app is there (bytes, gzipped); see docs/web.md. */
const MAX_SCRIPTS = 260_000
const MAX_STYLES = 45_000

describeInBrowser('the web app', (browser) => {
  let server: RunningProcess

  beforeAll(async () => {
    server = await startWeb()
  })

  test('opens without an error in the console, and takes everything from where it came', async () => {
    const { page, errors } = await openApp(browser, server.url)
    const origins = new Set<string>()
    page.on('request', (request) => origins.add(new URL(request.url()).origin))
    await page.reload()
    await page.getByRole('button', { name: 'Log in', exact: true }).waitFor()
    expect([...origins]).toEqual([server.url])

    const alice = await enter(browser, server.url, 'Alice')
    expect([...errors, ...alice.errors]).toEqual([])
  })

  test('runs no script that is inside a page', async () => {
    const { page, errors } = await openApp(browser, server.url)
    await page.evaluate(() => {
      const script = document.createElement('script')
      script.textContent = 'globalThis.isOwned = true'
      document.body.append(script)
    })
    expect(await page.evaluate(() => 'isOwned' in globalThis)).toBe(false)
    expect(errors.join()).toMatch(/Content Security Policy/)
  })

  test('is small until it is there', async () => {
    const html = await readFile(join(DIST, 'index.html'), 'utf8')
    const first = [...html.matchAll(/(?:src|href)="\.\/(assets\/[^"]+)"/g)].map(([, path]) => path as string)
    const sizeOf = async (end: string) => {
      const files = await Promise.all(
        first.filter((path) => path.endsWith(end)).map((path) => readFile(join(DIST, path))),
      )
      return files.reduce((sum, file) => sum + gzipSync(file, { level: 9 }).length, 0)
    }
    expect(await sizeOf('.js')).toBeLessThan(MAX_SCRIPTS)
    expect(await sizeOf('.css')).toBeLessThan(MAX_STYLES)
    // The rest is there, and comes when it is needed.
    expect((await readdir(join(DIST, 'assets'))).length).toBeGreaterThan(first.length)
  })
})
