import { beforeAll, expect, test } from '@jest/globals'
import type { Page } from 'playwright-core'
import { describeInBrowser, until } from '../../sdk/test/helpers/browser.js'
import { expectAccessible, goTo, meet, type Person, startWeb, type WebServer } from './helpers/people.js'

/** What a page has said besides what is on the screen. */
interface Told {
  sounds: number
  /** By `performance.now()`. */
  lastSoundAt: number
  notices: { title: string; body: string; tag: string; isOver: boolean; click(): void }[]
}

/** Here the app must open without a network. */
const ABLE_OFFLINE = { serviceWorkers: 'allow' } as const

describeInBrowser('the connection', (browser) => {
  let server: WebServer

  beforeAll(async () => {
    server = await startWeb()
  })

  test('without a network everything is there, and what is written goes out later, once', async () => {
    const { alice, asBob, bob, sessionId } = await meet(browser, server.url, ['Ada', 'Ben'], ABLE_OFFLINE)
    await Promise.all([openChat(alice.page, sessionId), openChat(bob.page, sessionId)])
    await asBob.send(sessionId, 'before')
    await said(alice.page, 'before').waitFor()
    await isSaid(alice.page, 'Live')
    // The app itself is on the device.
    await alice.page.waitForFunction(
      async () => (await navigator.serviceWorker.getRegistration())?.active != null,
    )

    await alice.context.setOffline(true)
    await isSaid(alice.page, 'No network')
    await expectAccessible(alice.page)
    await write(alice.page, 'written offline')
    await said(alice.page, 'written offline').getByRole('img', { name: 'Sending' }).waitFor()
    await asBob.send(sessionId, 'meanwhile')

    await alice.page.reload()
    await said(alice.page, 'before').waitFor()
    await said(alice.page, 'written offline').getByRole('img', { name: 'Sending' }).waitFor()
    await isSaid(alice.page, 'No network')
    await alice.page.goto(`${server.url}/#/settings`)
    await alice.page.getByRole('button', { name: 'Log out' }).click()
    await alice.page.getByRole('dialog').getByText('One message has not been sent yet.').waitFor()
    await alice.page.keyboard.press('Escape')
    await openChat(alice.page, sessionId)

    await alice.context.setOffline(false)
    await isSaid(alice.page, 'Live')
    await said(alice.page, 'written offline').getByRole('img', { name: 'Sent' }).waitFor()
    await said(alice.page, 'meanwhile').waitFor()
    await said(bob.page, 'written offline').waitFor()
    expect(await wordsIn(alice.page)).toEqual(await wordsIn(bob.page))
    expect((await wordsIn(bob.page)).filter((words) => words.includes('written offline'))).toHaveLength(1)
    expect(bob.errors).toEqual([])
  })

  test('tells of what one does not see come: in the title, by a sound, on the desktop', async () => {
    const { alice, asAlice, asBob, sessionId } = await meet(
      browser,
      server.url,
      ['Eve', 'Finn'],
      ABLE_OFFLINE,
    )
    const { page } = alice
    await spyOn(alice)
    await goTo(page, '/settings')
    // Pages may be heard after the first click.
    const sound = page.getByRole('switch', { name: 'Sound' })
    await sound.click({ force: true })
    await sound.click({ force: true })
    await isSaid(page, 'Live')
    // The line that says that they can talk.
    await hasTitle(page, '(1) Nudge')

    await asBob.send(sessionId, 'psst')
    await hasTitle(page, '(2) Nudge')
    await until(async () => (await toldOn(page)).sounds === 1)
    expect((await toldOn(page)).notices).toEqual([])
    expect(await page.locator('link[rel=icon]').getAttribute('href')).toMatch(/^data:image\/svg/)

    // What is being read needs no sound, and nothing in the title.
    await openChat(page, sessionId)
    await hasTitle(page, 'Nudge')
    await asBob.send(sessionId, 'and here')
    await said(page, 'and here').waitFor()
    expect(await page.locator('link[rel=icon]').getAttribute('href')).toMatch(/icon\.svg$/)

    // What is said from here on is not read with it.
    await until(async () => (await asAlice.pullConversations()).entries.every(({ unread }) => unread === 0))

    await hide(page, true)
    await asBob.send(sessionId, 'are you there?')
    await until(async () => (await toldOn(page)).notices.length === 1)
    expect((await toldOn(page)).notices[0]).toMatchObject({
      title: 'Finn',
      body: 'are you there?',
      tag: sessionId,
    })
    await goTo(page, '/settings')
    await page.evaluate(() => (globalThis as unknown as { told: Told }).told.notices[0]?.click())
    await until(() => page.evaluate((id) => location.hash === `#/chats/${id}`, sessionId))

    // Nothing of it when one wants to be left alone.
    await goTo(page, '/settings')
    await sound.click({ force: true })
    await page.getByRole('switch', { name: 'Desktop notifications' }).click({ force: true })
    await mayBeHeard(page)
    const before = await toldOn(page)
    await hasTitle(page, '(1) Nudge')
    for (const unread of [2, 3]) {
      await asBob.send(sessionId, 'hello?')
      await hasTitle(page, `(${unread}) Nudge`)
    }
    expect(await toldOn(page)).toEqual(before)
    await hide(page, false)
    await sound.click({ force: true })
    await page.getByRole('switch', { name: 'Desktop notifications' }).click({ force: true })

    // A flood after an absence is one notice.
    await hide(page, true)
    await alice.context.setOffline(true)
    await isSaid(page, 'No network')
    for (const word of ['one', 'two', 'three']) await asBob.send(sessionId, word)
    await alice.context.setOffline(false)
    await until(async () => (await toldOn(page)).notices.length === 2)
    expect((await toldOn(page)).notices[1]).toMatchObject({ title: 'Finn', body: '3 new messages' })
    await until(async () => (await toldOn(page)).sounds === before.sounds + 1)
  })

  test('one of several tabs tells of it, and none when one of them shows it', async () => {
    const { alice, asBob, sessionId } = await meet(browser, server.url, ['Gina', 'Hal'], ABLE_OFFLINE)
    await spyOn(alice)
    const second = await alice.context.newPage()
    await second.goto(`${server.url}/#/contacts`)
    await Promise.all([isSaid(alice.page, 'Live'), isSaid(second, 'Live')])
    await Promise.all([hide(alice.page, true), hide(second, true)])
    const notices = async () => [...(await toldOn(alice.page)).notices, ...(await toldOn(second)).notices]
    await asBob.send(sessionId, 'to one of you')
    await until(async () => (await notices()).length > 0)

    await hide(second, false)
    await openChat(second, sessionId)
    await asBob.send(sessionId, 'to the one that looks')
    await said(second, 'to the one that looks').waitFor()
    await hide(second, true)
    await asBob.send(sessionId, 'to one again')
    await until(async () => (await notices()).some(({ body }) => body === 'to one again'))
    expect((await notices()).map(({ body }) => body)).toEqual(['to one of you', 'to one again'])

    // Nothing of it is left for who comes next.
    const isOver = async () => (await notices()).find(({ body }) => body === 'to one again')?.isOver
    expect(await isOver()).toBe(false)
    await goTo(second, '/settings')
    await second.getByRole('button', { name: 'Log out' }).click()
    await second.getByRole('dialog').getByRole('button', { name: 'Log out' }).click()
    await until(async () => (await isOver()) === true)
  })

  test('when the server is away, it says so, tries again by itself, and catches up', async () => {
    const { alice, bob, sessionId } = await meet(browser, server.url, ['Cleo', 'Dan'], ABLE_OFFLINE)
    await alice.page.setViewportSize({ width: 390, height: 844 })
    await Promise.all([openChat(alice.page, sessionId), openChat(bob.page, sessionId)])
    const { databaseUrl, dataDir, ports } = server
    await server.kill()
    await isSaid(bob.page, 'Offline')
    // On a phone, above what is open.
    await isSaid(alice.page.getByRole('main'), 'Offline')
    await alice.page
      .getByRole('main')
      .getByText(/Trying again in \d+ s\./)
      .waitFor()
    await write(alice.page, 'from Cleo')
    await write(bob.page, 'from Dan')
    await said(alice.page, 'from Cleo').getByRole('img', { name: 'Sending' }).waitFor()

    server = await startWeb({
      DATABASE_URL: databaseUrl,
      DATA_DIR: dataDir,
      API_PORT: `${ports.api}`,
      MQTT_PORT: `${ports.mqtt}`,
      WS_PORT: `${ports.ws}`,
    })
    await alice.page.getByRole('main').getByRole('button', { name: 'Try now' }).click()
    // Nobody helps this one.
    await isSaid(bob.page, 'Live')
    await said(alice.page, 'from Dan').waitFor()
    await said(bob.page, 'from Cleo').waitFor()
    expect(await wordsIn(alice.page)).toEqual(await wordsIn(bob.page))
    expect(await alice.page.getByRole('status').getByText('Offline').count()).toBe(0)
  })
})

async function openChat(page: Page, sessionId: string): Promise<void> {
  await goTo(page, `/chats/${sessionId}`)
  await page.getByRole('log').waitFor({ state: 'attached' })
}

async function write(page: Page, words: string): Promise<void> {
  await page.getByRole('textbox', { name: 'Message' }).fill(words)
  await page.getByRole('button', { name: 'Send', exact: true }).click()
}

const said = (page: Page, words: string) => page.getByRole('article').filter({ hasText: words })

/** What the status says. */
async function isSaid(where: Pick<Page, 'getByRole'>, word: string): Promise<void> {
  await where.getByRole('status').getByText(word, { exact: true }).waitFor()
}

/** All messages, as they are read out, without who said them and when. */
async function wordsIn(page: Page): Promise<string[]> {
  const labels = await page
    .getByRole('article')
    .evaluateAll((rows) => rows.map((row) => row.getAttribute('aria-label') ?? ''))
  return labels.map((label) => label.replace(/^.*?: /, ''))
}

async function hasTitle(page: Page, title: string): Promise<void> {
  await page
    .waitForFunction((wanted) => document.title === wanted, title)
    .catch(async () => expect(await page.title()).toBe(title))
}

/** Counts what the pages of a browser would have shown and played, from here on. */
async function spyOn({ context, page }: Person): Promise<void> {
  await context.grantPermissions(['notifications'])
  await context.addInitScript(() => {
    const told: Told = { sounds: 0, lastSoundAt: Number.NEGATIVE_INFINITY, notices: [] }
    class Notice {
      static permission = 'granted'
      onclick: (() => void) | null = null
      readonly #notice: Told['notices'][number]
      constructor(title: string, { body = '', tag = '' }: NotificationOptions) {
        this.#notice = { title, body, tag, isOver: false, click: () => this.onclick?.() }
        told.notices.push(this.#notice)
      }
      close() {
        this.#notice.isOver = true
      }
    }
    class Audio extends AudioContext {
      override createOscillator() {
        // Each sound is two notes.
        told.sounds += 0.5
        told.lastSoundAt = performance.now()
        return super.createOscillator()
      }
    }
    Object.assign(globalThis, { told, Notification: Notice, AudioContext: Audio })
  })
  await page.reload()
  await page.getByRole('navigation', { name: 'Main' }).waitFor()
}

/** There is one sound a second at most. */
async function mayBeHeard(page: Page): Promise<void> {
  await until(() =>
    page.evaluate(
      () => performance.now() - (globalThis as unknown as { told: Told }).told.lastSoundAt > 1100,
    ),
  )
}

async function toldOn(page: Page): Promise<Told> {
  return page.evaluate(() => {
    const { sounds, notices } = (globalThis as unknown as { told: Told }).told
    return { sounds, notices: notices.map(({ click: _, ...notice }) => notice) } as Told
  })
}

/** As when the user turns to something else: pages of tests are always in front. */
async function hide(page: Page, isHidden: boolean): Promise<void> {
  await page.evaluate((hidden) => {
    Object.defineProperty(document, 'hidden', { configurable: true, get: () => hidden })
    Object.defineProperty(document, 'visibilityState', {
      configurable: true,
      get: () => (hidden ? 'hidden' : 'visible'),
    })
    document.dispatchEvent(new Event('visibilitychange'))
  }, isHidden)
}
