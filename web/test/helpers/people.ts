import { expect } from '@jest/globals'
import { source as axeSource } from 'axe-core'
import type { BrowserContext, BrowserContextOptions, Page } from 'playwright-core'
import { Tab, type TestBrowser } from '../../../sdk/test/helpers/browser.js'
import type { LoginObject, UserObject } from '../../../shared/wire/objects.js'
import { type RunningProcess, startProcess } from '../../../test/helpers/child.js'
import { createTestDatabase } from '../../../test/helpers/database.js'
import { request } from '../../../test/helpers/http.js'
import { Person as Api } from '../../../test/helpers/person.js'

export const PASSWORD = 'correct horse'

/** How long (ms) something may take to appear on a busy machine. */
const PATIENCE_MS = 20_000

export type WebServer = RunningProcess & { databaseUrl: string }

/**
 * The whole product, as `npm start` runs it, with the web app as it was built, on a database of the tests' PostgreSQL. Named
 * in `env`, it is that one again.
 */
export async function startWeb(env: NodeJS.ProcessEnv = {}): Promise<WebServer> {
  const { WEB_DIR } = process.env
  const databaseUrl = env.DATABASE_URL ?? (await createTestDatabase()).url
  const settings = { ...(WEB_DIR !== undefined && { WEB_DIR }), DATABASE_URL: databaseUrl, ...env }
  return { ...(await startProcess('main.js', settings)), databaseUrl }
}

/** Somebody in front of a browser. */
export interface Person {
  name: string
  account: string
  userId: string
  context: BrowserContext
  page: Page
  /** What the console has shown as errors so far. */
  errors: string[]
}

export interface PersonOptions extends BrowserContextOptions {
  /** Of the page: `?debug`, or `#/settings`. */
  path?: string
}

/** Creates an account, without a browser. */
export async function createAccount(url: string, name: string): Promise<{ account: string; userId: string }> {
  const account = `${name.toLowerCase().replace(/\s/g, '.')}@example.com`
  const json = { email: account, password: PASSWORD, name }
  const { body } = await request<UserObject>('POST', `${url}/v1/users/register`, { json })
  return { account, userId: body.id }
}

/** Opens the app in a browser of its own, in English. */
export async function openApp(
  browser: TestBrowser,
  url: string,
  { path = '', ...options }: PersonOptions = {},
): Promise<{ context: BrowserContext; page: Page; errors: string[] }> {
  const context = await browser.newContext({
    locale: 'en-US',
    timezoneId: 'Europe/Berlin',
    reducedMotion: 'reduce',
    viewport: { width: 1280, height: 800 },
    // Most tests need none, and it takes its time.
    serviceWorkers: 'block',
    ...options,
  })
  context.setDefaultTimeout(PATIENCE_MS)
  const { page, errors } = new Tab(await context.newPage())
  await page.goto(`${url}/${path}`)
  return { context, page, errors }
}

/** Creates an account and logs in with it in a browser of its own. Resolves when the app is there. */
export async function enter(
  browser: TestBrowser,
  url: string,
  name: string,
  options: PersonOptions = {},
): Promise<Person> {
  const { account, userId } = await createAccount(url, name)
  const opened = await openApp(browser, url, options)
  await logIn(opened.page, account)
  return { name, account, userId, ...opened }
}

/** Fills in the form to log in. Resolves when the app is there. */
export async function logIn(page: Page, account: string, password = PASSWORD): Promise<void> {
  await page.getByLabel('Account').fill(account)
  await page.getByLabel('Password', { exact: true }).fill(password)
  await page.getByRole('button', { name: 'Log in', exact: true }).click()
  await page.getByRole('navigation', { name: 'Main' }).waitFor()
}

/** Somebody at the REST API, without a browser. */
export async function atApi(url: string, { account }: { account: string }): Promise<Api> {
  const json = { email: account, password: PASSWORD }
  const { body } = await request<LoginObject>('POST', `${url}/v1/users/login`, { json })
  return new Api(url, body)
}

/** Two people with the app open, who can talk to each other; and each of them at the API. */
export async function meet(
  browser: TestBrowser,
  url: string,
  [first, second]: [string, string],
  options: PersonOptions = {},
) {
  const [alice, bob] = await Promise.all([
    enter(browser, url, first, options),
    enter(browser, url, second, options),
  ])
  const [asAlice, asBob] = await Promise.all([atApi(url, alice), atApi(url, bob)])
  await befriend(asAlice, bob)
  const { id: sessionId } = await asAlice.p2pWith(asBob)
  return { alice, bob, asAlice, asBob, sessionId }
}

/** Two people become each other's contacts, through the API. */
export async function befriend(
  asOne: Api,
  { userId, name }: { userId: string; name: string },
): Promise<void> {
  await asOne.must('POST', `users/${asOne.id}/contacts`, { json: { userId, name } })
}

/** Where the app's own links would lead: `/chats/7`. */
export async function goTo(page: Page, path: string): Promise<void> {
  await page.evaluate((to) => {
    location.hash = to
  }, path)
}

/** No serious or critical violation of WCAG 2.1 AA, as axe finds them, in what the page shows now. */
export async function expectAccessible(page: Page): Promise<void> {
  await page.evaluate(axeSource)
  const violations = await page.evaluate(async () => {
    const { axe } = globalThis as unknown as { axe: typeof import('axe-core') }
    const result = await axe.run(document, {
      runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'best-practice'],
    })
    return result.violations
      .filter(({ impact }) => impact === 'serious' || impact === 'critical')
      .map(({ id, help, nodes }) => ({ id, help, where: nodes.map(({ html }) => html) }))
  })
  expect(violations).toEqual([])
}

/** Requests to there wait until they are let go. */
export async function hold(page: Page, url: string): Promise<() => void> {
  let release = () => {}
  const released = new Promise<void>((resolve) => {
    release = resolve
  })
  await page.route(url, async (route) => {
    await released
    await route.continue()
  })
  return release
}
