import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterAll, beforeAll, expect, test } from '@jest/globals'
import type { BrowserContext, FrameLocator, Page } from 'playwright-core'
import { describeInBrowser, Tab, until } from '../../sdk/test/helpers/browser.js'
import { newClient, type TestClient } from '../../sdk/test/helpers/clients.js'
import type { LoginObject } from '../../shared/wire/objects.js'
import type { RunningProcess } from '../../test/helpers/child.js'
import { request } from '../../test/helpers/http.js'
import { atApi, createAccount, expectAccessible, openApp, PASSWORD, startWeb } from './helpers/people.js'

/** A page of somebody else's with the frame of dialects.md §4.3, as customers write it. `?` is the frame's address. */
const HOST_PAGE = `<!doctype html>
<title>A host</title>
<link rel="icon" href="data:,">
<iframe id="myFrame" title="Conversation" width="900" height="600"></iframe>
<iframe id="other" srcdoc="<p>An advertisement</p>"></iframe>
<script>
  globalThis.heard = []
  addEventListener('message', ({ source, origin, data }) => {
    if (source === myFrame.contentWindow) heard.push({ origin, data })
  })
  globalThis.say = (action, payload) => myFrame.contentWindow.postMessage({ action, payload }, '*')
  myFrame.src = decodeURIComponent(location.search.slice(1))
</script>`

interface Host {
  heard: { origin: string; data: unknown }[]
  say(action: string, payload: object): void
}

/** Somebody with a client of his own, and a login for a host to hand over. */
interface Agent {
  userId: string
  account: string
  client: TestClient
  token: string
}

describeInBrowser('the conversation page', (browser) => {
  let server: RunningProcess
  const hosts: Server[] = []
  let allowed: string
  let stranger: string
  let alice: Agent
  let bob: Agent
  let carol: Agent
  /** Of alice and bob. */
  let groupId: string

  const serveHost = async () => {
    const host = createServer((_request, response) => {
      response.writeHead(200, { 'content-type': 'text/html; charset=utf-8' }).end(HOST_PAGE)
    })
    hosts.push(host)
    await new Promise<void>((resolve) => host.listen(0, '127.0.0.1', resolve))
    return `http://127.0.0.1:${(host.address() as AddressInfo).port}`
  }

  const agent = async (name: string): Promise<Agent> => {
    const { account, userId } = await createAccount(server.url, name)
    const client = newClient(server.url)
    await client.login({ account, password: PASSWORD })
    const { token } = await atApi(server.url, { account })
    return { userId, account, client, token }
  }

  beforeAll(async () => {
    ;[allowed, stranger] = (await Promise.all([serveHost(), serveHost()])) as [string, string]
    server = await startWeb({ ALLOWED_ORIGINS: allowed })
    ;[alice, bob, carol] = (await Promise.all(['Alice', 'Bob', 'Carol'].map(agent))) as [Agent, Agent, Agent]
    const group = await alice.client.sessions.createGroup({ name: 'Order 4711', members: [bob.userId] })
    groupId = group.id
    await group.sendText('Where is my order?').whenStored()
    await bob.client.until('live')
  })
  afterAll(async () => {
    for (const host of hosts) {
      host.closeAllConnections()
      await new Promise((resolve) => host.close(resolve))
    }
  })

  /** Opens the host page, and the frame in it. */
  async function openHost(origin: string, path = '/groupConversation', given?: BrowserContext) {
    const context = given ?? (await browser.newContext({ locale: 'en-US', reducedMotion: 'reduce' }))
    context.setDefaultTimeout(20_000)
    const { page, errors } = new Tab(await context.newPage())
    /** What was asked about users, as each login does. */
    const logins: string[] = []
    page.on('request', (request) => {
      if (request.url().startsWith(`${server.url}/v1/users/`)) logins.push(request.url())
    })
    const warnings: string[] = []
    page.on('console', (message) => {
      if (message.type() === 'warning') warnings.push(message.text())
    })
    await page.goto(`${origin}/?${encodeURIComponent(server.url + path)}`)
    const frame = page.frameLocator('#myFrame')
    return { page, frame, errors, warnings, logins }
  }

  const say = (page: Page, action: string, payload: object) =>
    page.evaluate(
      ([action, payload]) => {
        ;(globalThis as unknown as { say: Host['say'] }).say(action, payload)
      },
      [action, payload] as const,
    )

  /** What the frame has said, as soon as it has said so much. */
  const heardOf = async (page: Page, count: number) => {
    const read = () => page.evaluate('heard') as Promise<Host['heard']>
    await page.waitForFunction((count) => (globalThis as unknown as Host).heard.length >= count, count)
    return read()
  }

  /** The frame stays as it was: nobody is being logged in. */
  const expectNoLogin = async ({ page, frame, logins }: Awaited<ReturnType<typeof openHost>>) => {
    await frame.getByRole('heading', { name: 'Waiting to log in' }).waitFor()
    await frame.locator('body').evaluate(() => new Promise(requestAnimationFrame))
    expect(logins).toEqual([])
    expect(await heardOf(page, 0)).toEqual([])
  }

  const success = () => ({ origin: server.url, data: { action: 'bindUserSuccess' } })
  const transfer = ({ userId, token }: Agent) => ({ userId, token, urole: 'agent' })

  async function write(frame: FrameLocator | Page, words: string) {
    await frame.getByRole('textbox', { name: 'Message' }).fill(words)
    await frame.getByRole('button', { name: 'Send', exact: true }).click()
  }

  test('does in a frame what an allowed page says', async () => {
    const { page, frame, errors, logins } = await openHost(allowed)
    await frame.getByRole('heading', { name: 'Waiting to log in' }).waitFor()
    expect(logins).toEqual([])
    // Remembered until somebody is there.
    await say(page, 'selectConversation', { dlgId: groupId, dlgKey: 'of no use', name: 'Order 4711' })
    await frame.getByRole('heading', { name: 'Order 4711' }).waitFor()
    await say(page, 'transferUser', transfer(alice))
    expect(await heardOf(page, 1)).toEqual([success()])
    expect(logins).not.toEqual([])
    await frame.getByText('Where is my order?').waitFor()

    const heard = bob.client.next('message', ({ isOwn }) => !isOwn)
    await write(frame, 'On its way')
    expect((await heard).preview).toBe('On its way')
    bob.client.sessions.get(groupId)?.sendText('Thank you')
    await frame.getByText('Thank you').waitFor()
    const field = frame.getByRole('textbox', { name: 'Message' })
    await field.fill('a draft of Alice')
    await frame.getByRole('button', { name: 'Emoji' }).click()
    await frame.getByRole('button', { name: 'grinning face', exact: true }).click()
    await page.keyboard.press('Escape')
    expect(await field.inputValue()).toContain('😀')
    expect(await field.evaluate(() => Object.keys(localStorage))).toEqual([])

    // Somebody else takes over, who is in another conversation only.
    const own = await carol.client.sessions.createGroup({ name: 'Order 4712' })
    await say(page, 'transferUser', transfer(carol))
    expect(await heardOf(page, 2)).toEqual([success(), success()])
    await frame.getByRole('heading', { name: 'You are not in this conversation' }).waitFor()
    await say(page, 'selectConversation', { dlgId: Number(own.id) })
    await frame.getByRole('heading', { name: 'Order 4712' }).waitFor()
    // What was begun waits for nobody.
    await say(page, 'transferUser', transfer(alice))
    await say(page, 'selectConversation', { dlgId: groupId })
    await frame.getByText('Thank you').waitFor()
    expect(await field.inputValue()).toBe('')
    // The login of who was there before is the host's to end.
    await newClient(server.url).loginWithToken(alice)
    expect(errors).toEqual([])
  })

  test('leads nowhere else', async () => {
    const { page, frame, errors } = await openHost(allowed, `/groupConversation?groupId=${groupId}`)
    await frame.getByRole('heading', { name: 'Waiting to log in' }).waitFor()
    const details = frame.getByRole('dialog', { name: 'Group details' })
    const openDetails = async () => {
      await frame.getByRole('button', { name: 'Group details' }).first().click()
      for (const name of ['Alice', 'Bob']) {
        await details.getByRole('listitem').filter({ hasText: name }).waitFor()
      }
    }
    await say(page, 'transferUser', transfer(alice))
    await frame.getByText('Where is my order?').waitFor()
    await openDetails()
    await details.getByRole('button', { name: 'Actions for Bob' }).click()
    await frame.getByRole('menuitem').first().waitFor()
    expect(await frame.getByRole('menuitem').allTextContents()).toEqual([
      'Make admin',
      'Make owner',
      'Remove from group',
    ])
    expect(await frame.getByRole('link').count()).toBe(0)

    // Who may do nothing with the others has no menu of it.
    await say(page, 'transferUser', transfer(bob))
    await heardOf(page, 2)
    await frame.getByText('Where is my order?').waitFor()
    await openDetails()
    expect(await details.getByRole('button', { name: /^Actions for/ }).count()).toBe(0)
    expect(await frame.getByRole('link').count()).toBe(0)
    expect(errors).toEqual([])
  })

  test('goes on with another token of the same user, and keeps nothing for the next user', async () => {
    const erin = await agent('Erin')
    const group = await erin.client.sessions.createGroup({ name: 'Order 4713', members: [bob.userId] })
    await bob.client.until('live')
    const path = `/groupConversation?groupId=${group.id}`
    const context = await browser.newContext({ locale: 'en-US', reducedMotion: 'reduce' })
    const { page, frame } = await openHost(allowed, path, context)
    const field = frame.getByRole('textbox', { name: 'Message' })
    await frame.getByRole('heading', { name: 'Waiting to log in' }).waitFor()
    await say(page, 'transferUser', transfer(erin))
    await field.waitFor()
    await context.route('**/messages', (route) =>
      route.request().method() === 'POST' ? route.abort() : route.fallback(),
    )
    await write(frame, 'on its way')
    await frame.getByRole('img', { name: 'Sending' }).waitFor()
    await field.fill('not yet said')

    // The login ends, and the host gets another one.
    await erin.client.changePassword(PASSWORD, 'another one')
    await heardOf(page, 2)
    await frame.getByRole('heading', { name: 'You could not be logged in' }).waitFor()
    const login = await request<LoginObject>('POST', `${server.url}/v1/users/login`, {
      json: { email: erin.account, password: 'another one' },
    })
    await say(page, 'transferUser', { userId: erin.userId, token: login.body.token })
    await heardOf(page, 3)
    await frame.getByRole('article', { name: /: on its way$/ }).waitFor()
    expect(await field.inputValue()).toBe('not yet said')
    const heard = bob.client.next('message', ({ preview }) => preview === 'on its way')
    await context.unroute('**/messages')
    await heard

    await say(page, 'transferUser', transfer(bob))
    await heardOf(page, 4)
    await field.waitFor()
    expect(await field.inputValue()).toBe('')
    await say(page, 'transferUser', { userId: erin.userId, token: login.body.token })
    await heardOf(page, 5)
    await field.waitFor()
    expect(await field.inputValue()).toBe('')
  })

  test('says which login was refused, and takes the next one', async () => {
    const { page, frame } = await openHost(allowed, `/groupConversation?groupId=${groupId}`)
    await frame.getByRole('heading', { name: 'Waiting to log in' }).waitFor()
    await say(page, 'transferUser', { ...transfer(alice), token: 'nonsense' })
    await frame.getByRole('alert').getByText('You have been logged out').waitFor()
    await say(page, 'transferUser', { ...transfer(alice), userId: bob.userId })
    await frame.getByRole('alert').getByText('You are not allowed').waitFor()
    await say(page, 'transferUser', transfer(alice))
    const failure = (code: string) => ({
      origin: server.url,
      data: { action: 'bindUserFailure', payload: { code } },
    })
    expect(await heardOf(page, 3)).toEqual([failure('InvalidToken'), failure('NotAllowed'), success()])
    await frame.getByText('Where is my order?').waitFor()
  })

  test('tells the page around when the login has ended', async () => {
    const dave = await agent('Dave')
    const { page, frame } = await openHost(allowed)
    await frame.getByRole('heading', { name: 'Waiting to log in' }).waitFor()
    await say(page, 'transferUser', transfer(dave))
    await frame.getByRole('heading', { name: 'No conversation is open' }).waitFor()
    await dave.client.changePassword(PASSWORD, 'another one')
    const [, ended] = await heardOf(page, 2)
    expect(ended?.data).toEqual({ action: 'bindUserFailure', payload: { code: 'InvalidToken' } })
    await frame.getByRole('heading', { name: 'You could not be logged in' }).waitFor()
  })

  test('is not shown in the page of a stranger', async () => {
    const { page, errors, logins } = await openHost(stranger)
    await until(() => errors.some((text) => text.includes('frame-ancestors')))
    // Nothing of ours is there that could be told anything.
    await until(() => page.frames().some((frame) => frame.url() === 'chrome-error://chromewebdata/'))
    expect(page.frames().some((frame) => frame.url().startsWith(server.url))).toBe(false)
    expect(logins).toEqual([])
  })

  test('listens to nobody but the page around it', async () => {
    const host = await openHost(allowed)
    const { page, frame, warnings } = host
    await frame.getByRole('heading', { name: 'Waiting to log in' }).waitFor()
    // A frame beside it, of the same origin as the page that may.
    await page.evaluate((payload) => {
      const other = document.querySelector<HTMLIFrameElement>('#other')?.contentDocument
      const script = document.createElement('script')
      const message = JSON.stringify({ action: 'transferUser', payload })
      script.textContent = `parent.frames[0].postMessage(${message}, '*')`
      other?.body.append(other.importNode(script, true))
    }, transfer(alice))
    await until(() => warnings.some((text) => text.includes('not from the page around this one')))
    expect(warnings.join()).not.toContain(alice.token)
    await say(page, 'transferUser', { token: alice.token })
    await until(() => warnings.some((text) => text.includes('its payload is not as it should be')))
    await expectNoLogin(host)
  })

  test('looks itself who is around it, beside the browser', async () => {
    const context = await browser.newContext({ locale: 'en-US' })
    // As where the files are served by somebody else, who sends no frame-ancestors.
    await context.route(`${server.url}/embedding`, (route) => route.fulfill({ json: { allowedOrigins: [] } }))
    const host = await openHost(allowed, undefined, context)
    const { page, frame, warnings } = host
    await frame.getByRole('heading', { name: 'Waiting to log in' }).waitFor()
    await say(page, 'transferUser', transfer(alice))
    await until(() => warnings.some((text) => text.includes(`${allowed} is not one of the allowed origins`)))
    await expectNoLogin(host)
  })

  test('opens by a link, for the member it names and no other', async () => {
    const path = `groupConversation?groupId=${groupId}&userId=${alice.userId}`
    const { context, page, errors } = await openApp(browser, server.url, { path })
    const fillIn = async ({ account }: Agent, password = PASSWORD) => {
      await page.getByLabel('Account').fill(account)
      await page.getByLabel('Password', { exact: true }).fill(password)
      await page.getByRole('button', { name: 'Log in', exact: true }).click()
    }
    await page.getByRole('heading', { name: 'Log in to open the conversation' }).waitFor()
    await expectAccessible(page)
    await fillIn(bob, 'wrong')
    await page.getByRole('alert').getByText('Wrong account or password.').waitFor()
    await fillIn(bob)
    await page.getByRole('heading', { name: 'This link is for another account' }).waitFor()
    await page.getByText('You are logged in as Bob in this browser.').waitFor()
    await expectAccessible(page)
    await page.emulateMedia({ colorScheme: 'dark' })
    await expectAccessible(page)

    // Whoever takes Bob's place here is told what that loses, and finds nothing of his.
    await context.route('**/messages', (route) =>
      route.request().method() === 'POST' ? route.abort() : route.fallback(),
    )
    await page.evaluate((key) => {
      localStorage.setItem('nudge-drafts', JSON.stringify({ [key]: 'a draft of Bob' }))
    }, `${bob.userId}/${groupId}`)
    await page.goto(`${server.url}/groupConversation?groupId=${groupId}`)
    await write(page, 'never to be sent')
    await page.getByRole('img', { name: 'Sending' }).waitFor()
    await page.goto(`${server.url}/${path}`)
    await page.getByText('One message has not been sent yet. It will be lost.').waitFor()
    await fillIn(alice)
    await page.getByText('Where is my order?').waitFor()
    expect(await page.evaluate(() => localStorage.getItem('nudge-drafts'))).toBe('{}')
    await context.unroute('**/messages')
    // The app has the same login, and the page goes on with it.
    await page.goto(server.url)
    await page.getByRole('navigation', { name: 'Main' }).waitFor()
    await page.goto(`${server.url}/${path}`)
    await page.getByText('Where is my order?').waitFor()
    expect(errors.filter((text) => !/400|ERR_FAILED/.test(text))).toEqual([])
  })

  test('says so where there is nothing to open', async () => {
    const path = `groupConversation?groupId=${groupId}`
    const { page, errors } = await openApp(browser, server.url, { path: `${path}&theme=dark&lang=zh` })
    await page.getByLabel('账号').fill(carol.account)
    await page.getByLabel('密码', { exact: true }).fill(PASSWORD)
    await expectAccessible(page)
    await page.getByRole('button', { name: '登录', exact: true }).click()
    await page.getByRole('heading', { name: '您不在此会话中' }).waitFor()
    expect(await page.locator('html').getAttribute('data-mantine-color-scheme')).toBe('dark')
    expect(await page.locator('html').getAttribute('lang')).toBe('zh-CN')
    await page.goto(`${server.url}/groupConversation`)
    await page.getByRole('heading', { name: 'This link is incomplete' }).waitFor()
    expect(errors).toEqual([])
  })

  test('the demonstration drives it', async () => {
    const { page, errors } = await openApp(browser, server.url, { path: 'embedding-demo' })
    await expectAccessible(page)
    await page.getByLabel('Account').fill(alice.account)
    await page.getByLabel('Password').fill('wrong')
    await page.getByRole('button', { name: 'Log in' }).click()
    await page.getByRole('alert').getByText(/./).waitFor()
    await page.getByLabel('Password').fill(PASSWORD)
    await page.getByRole('button', { name: 'Log in' }).click()
    await page.getByRole('log').getByText('from the frame: bindUserSuccess').waitFor()
    await page.getByRole('button', { name: 'Order 4711' }).click()
    const frame = page.frameLocator('iframe')
    await frame.getByText('Where is my order?').waitFor()
    const heard = bob.client.next('message', ({ isOwn }) => !isOwn)
    await write(frame, 'From the help desk')
    expect((await heard).preview).toBe('From the help desk')
    expect(await page.getByRole('log').textContent()).not.toMatch(/eyJ/)
    await page.getByRole('button', { name: 'Log out' }).click()
    await page.getByLabel('Account').waitFor()
    expect(await page.locator('iframe').count()).toBe(0)
    expect(errors.filter((text) => !text.includes('400'))).toEqual([])
  })
})
