import pg from 'pg'
import { type Browser, type BrowserContext, chromium, type Page } from 'playwright-core'
import { getChromium } from '../tools/find-chromium.js'
import { accessToken, startNudge } from './tools/nudge.js'
import { createPeople } from './tools/people.js'
import { spreadOf } from './tools/spread.js'
import { say, Table } from './tools/table.js'
import { openWorkshop } from './tools/workshop.js'

const ROUNDS = 10
const CONVERSATIONS = 100
const USER = { email: 'alice@example.com', password: 'secret password', name: 'Alice' }

/**
 * How long the web app takes to be there, on this machine: the form to log in with nothing cached; the list of 100
 * conversations after logging in, after a reload, and after a reload without a network. Beside it what the browser takes
 * for a page with nothing on it, from the same server. From the navigation (or the press of the button) to the moment
 * when it is seen.
 */
export async function run(): Promise<void> {
  const workshop = await openWorkshop()
  const nudge = await startNudge(workshop)
  const browser = await chromium.launch({ executablePath: getChromium(), args: ['--no-sandbox'] })
  try {
    const url = `http://127.0.0.1:${nudge.apiPort}`
    await fill(url, workshop.databaseUrl)
    const times: Record<string, number[]> = {}
    let bytes = 0
    for (let round = 0; round < ROUNDS; round++) {
      const found = await open(browser, url)
      bytes = found.bytes
      for (const [name, ms] of Object.entries(found.times)) {
        times[name] ??= []
        times[name].push(ms)
      }
    }
    const table = new Table(['until it is seen (ms)', 'median', 'worst'], { 0: 42 })
    for (const [name, values] of Object.entries(times)) {
      const { p50, max } = spreadOf(values)
      table.row([name, p50.toFixed(0), max.toFixed(0)])
    }
    say(`over the wire until the form is there: ${(bytes / 1000).toFixed(0)} kB`)
  } finally {
    await browser.close()
    await nudge.stop()
    await workshop.close()
  }
}

/** One user with conversations. */
async function fill(url: string, databaseUrl: string): Promise<void> {
  const { id } = await post<{ id: string }>(`${url}/v1/users/register`, USER)
  const { token } = await post<{ token: string }>(`${url}/v1/users/login`, USER)
  const db = new pg.Client(databaseUrl)
  await db.connect()
  const others = await createPeople(db, CONVERSATIONS)
  await db.end()
  for (const other of others) {
    const headers = { Authorization: `Bearer ${token}` }
    const session = await (await fetch(`${url}/v1/sessions/p2p/${id}/${other}`, { headers })).json()
    const message = { sender: other, type: 'text', content: JSON.stringify({ text: `hello from ${other}` }) }
    await post(`${url}/v1/sessions/${(session as { id: string }).id}/messages`, message, accessToken(other))
  }
}

async function open(
  browser: Browser,
  url: string,
): Promise<{ times: Record<string, number>; bytes: number }> {
  const context = await browser.newContext({ locale: 'en-US', viewport: { width: 1280, height: 800 } })
  try {
    const page = await context.newPage()
    const nothing = await timed(() => page.goto(`${url}/healthz`))
    let bytes = 0
    page.on('requestfinished', async (request) => {
      const { responseBodySize, responseHeadersSize } = await request.sizes().catch(() => NO_SIZE)
      bytes += responseBodySize + responseHeadersSize
    })
    const form = await timed(async () => {
      await page.goto(url)
      await page.getByLabel('Account').waitFor()
    })
    const bytesToForm = bytes
    await page.getByLabel('Account').fill(USER.email)
    await page.getByLabel('Password', { exact: true }).fill(USER.password)
    const login = await timed(async () => {
      await page.getByRole('button', { name: 'Log in', exact: true }).click()
      await seesList(page)
    })
    await page.getByRole('status').getByText('Live', { exact: true }).waitFor()
    await page.evaluate('navigator.serviceWorker.ready.then(() => true)')
    const reload = await timedReload(page)
    const offline = await withoutNetwork(context, () => timedReload(page))
    return {
      times: {
        'a page with nothing on it': nothing,
        'the form, nothing cached': form,
        'the list, after logging in': login,
        'the list, after a reload': reload,
        'the list, after a reload without a network': offline,
      },
      bytes: bytesToForm,
    }
  } finally {
    await context.close()
  }
}

const NO_SIZE = { responseBodySize: 0, responseHeadersSize: 0 }

function timedReload(page: Page): Promise<number> {
  return timed(async () => {
    await page.reload()
    await seesList(page)
  })
}

async function withoutNetwork<T>(context: BrowserContext, act: () => Promise<T>): Promise<T> {
  await context.setOffline(true)
  const result = await act()
  await context.setOffline(false)
  return result
}

async function seesList(page: Page): Promise<void> {
  await page.getByText('hello from').first().waitFor()
}

async function timed(act: () => Promise<unknown>): Promise<number> {
  const start = performance.now()
  await act()
  return performance.now() - start
}

async function post<T>(url: string, json: object, token?: string): Promise<T> {
  const headers = {
    'Content-Type': 'application/json',
    ...(token !== undefined && { Authorization: `Bearer ${token}` }),
  }
  const answer = await fetch(url, { method: 'POST', headers, body: JSON.stringify(json) })
  if (!answer.ok) throw new Error(`${url}: ${answer.status} ${await answer.text()}`)
  return (await answer.json()) as T
}
