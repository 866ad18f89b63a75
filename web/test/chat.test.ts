import { beforeAll, expect, test } from '@jest/globals'
import type { Locator, Page } from 'playwright-core'
import { describeInBrowser, until } from '../../sdk/test/helpers/browser.js'
import type { RunningProcess } from '../../test/helpers/child.js'
import { type Person as Api, registerPerson } from '../../test/helpers/person.js'
import {
  atApi,
  createAccount,
  expectAccessible,
  hold,
  logIn,
  meet,
  openApp,
  startWeb,
} from './helpers/people.js'

describeInBrowser('the chat', (browser) => {
  let server: RunningProcess

  beforeAll(async () => {
    server = await startWeb()
  })

  test('shows on both sides what is said, edited, recalled and deleted', async () => {
    const { alice, bob, sessionId } = await meet(browser, server.url, ['Ann', 'Ben'], {
      permissions: ['clipboard-read', 'clipboard-write'],
    })
    await Promise.all([openChat(alice.page, sessionId), openChat(bob.page, sessionId)])
    await alice.page.getByText('You can start chatting now').waitFor()

    await say(alice.page, 'hello Ben')
    await say(alice.page, 'helo again')
    const typo = said(alice.page, /^You, .*: helo again$/)
    await typo.getByRole('img', { name: 'Sent' }).waitFor()
    await said(bob.page, /^Ann, .*: hello Ben$/).waitFor()
    await say(bob.page, 'hello Ann')
    await said(alice.page, /^Ben, .*: hello Ann$/).waitFor()
    // What one says in one go begins once.
    expect(await edgesOf(alice.page)).toEqual(['hello Ben [', 'helo again ]', 'hello Ann []'])

    await choose(typo, 'Copy')
    await alice.page.getByText('Copied').waitFor()
    expect(await alice.page.evaluate(() => navigator.clipboard.readText())).toBe('helo again')

    // Without a mouse.
    await typo.focus()
    await alice.page.keyboard.press('Enter')
    await alice.page.getByRole('menuitem', { name: 'Edit' }).click()
    const dialog = alice.page.getByRole('dialog', { name: 'Edit message' })
    await dialog.getByLabel('Text').fill('hello again')
    await dialog.getByRole('button', { name: 'Save' }).click()
    const edited = said(alice.page, /: hello again$/)
    await dialog.waitFor({ state: 'detached' })
    await until(() => edited.evaluate((row) => row === document.activeElement))
    await said(bob.page, /: hello again$/)
      .getByText('edited')
      .waitFor()

    await choose(edited, 'Recall')
    await alice.page.getByRole('dialog').getByRole('button', { name: 'Recall' }).click()
    await bob.page.getByText('Ann recalled a message').waitFor()
    await alice.page.getByText('You recalled a message').waitFor()
    expect(await said(bob.page, /again/).count()).toBe(0)
    // Lines of the system are there for every reader in the reader's language.
    await speak(alice.page, 'zh')
    await alice.page.getByText('您撤回了一条消息').waitFor()
    await alice.page.getByText('现在可以开始聊天了').waitFor()
    await speak(alice.page, 'en')

    await choose(said(alice.page, /: hello Ben$/), 'Delete for everyone')
    await alice.page.getByRole('dialog').getByRole('button', { name: 'Delete for everyone' }).click()
    await said(bob.page, /: hello Ben$/).waitFor({ state: 'detached' })
    // What others say is theirs.
    await said(alice.page, /: hello Ann$/)
      .getByText('hello Ann')
      .click({ button: 'right' })
    await expectMenu(alice.page, ['Copy', 'Forward'])
    expect([...alice.errors, ...bob.errors]).toEqual([])
  })

  test('loads what is older without a jump, and leads back to the latest', async () => {
    const { account } = await createAccount(server.url, 'Cleo')
    const [asAlice, asBob] = [await atApi(server.url, { account }), await registerPerson(server.url, 'Carl')]
    const { id: sessionId } = await asAlice.p2pWith(asBob)
    for (let n = 1; n <= 120; n++) await asBob.send(sessionId, `number ${n}`)
    const { page, errors } = await openApp(browser, server.url, { path: `#/chats/${sessionId}` })
    await logIn(page, account)
    const last = said(page, /: number 120$/)
    await last.waitFor()
    expect(await isSeen(last)).toBe(true)

    // What comes above moves nothing.
    const all = page.getByRole('log').getByRole('article')
    const loading = page.getByRole('status', { name: 'Loading older messages' })
    const release = await hold(page, '**/history*')
    expect(await all.count()).toBe(50)
    const known = said(page, /: number 75$/)
    const before = await scrollTo(known)
    await loading.waitFor()
    expect(await all.count()).toBe(50)
    release()
    await until(async () => (await all.count()) >= 100)
    expect(Math.abs((await topOf(known)) - before)).toBeLessThanOrEqual(2)

    // What comes below moves nothing either.
    const row = said(page, /: number 60$/)
    const at = await scrollTo(row)
    await asBob.send(sessionId, 'are you there?')
    await asBob.send(sessionId, 'hello?')
    const toLatest = page.getByRole('button', { name: 'Jump to the latest message, 2 new messages' })
    await toLatest.waitFor()
    expect(Math.abs((await topOf(row)) - at)).toBeLessThanOrEqual(2)
    expect(await unreadOf(asAlice, sessionId)).toBe(2)
    await page.getByRole('navigation', { name: 'Main' }).getByText('2', { exact: true }).waitFor()

    await toLatest.click()
    await until(() => isSeen(said(page, /: hello\?$/)))
    await toLatest.waitFor({ state: 'detached' })
    await until(async () => (await unreadOf(asAlice, sessionId)) === 0)

    await said(page, /: hello\?$/).focus()
    await page.keyboard.press('Home')
    await page.getByText('Beginning of the conversation').waitFor()
    expect(await all.count()).toBe(122)
    expect(errors).toEqual([])
  })

  test('draws a line above what is new, and marks it as read where it is seen', async () => {
    const { alice, asAlice, asBob, sessionId } = await meet(browser, server.url, ['Dora', 'Dirk'])
    const { page } = alice
    await readFirst(page, { asAlice, asBob, sessionId })

    await asBob.send(sessionId, 'new')
    await asBob.send(sessionId, 'newer')
    await page.getByText('2 unread').first().waitFor()
    // Nobody looks.
    await page.evaluate(() => {
      document.hasFocus = () => false
    })
    const reads: string[] = []
    page.on('request', (request) => {
      if (request.url().endsWith(`/sessions/${sessionId}/messages?limit=1`)) reads.push(request.url())
    })
    await openChat(page, sessionId)
    const line = page.getByText('New messages', { exact: true })
    await line.waitFor()
    await untilOpened(page)
    expect(await linesOf(page)).toEqual(['known', 'New messages', 'new', 'newer'])
    expect(reads).toEqual([])
    expect(await unreadOf(asAlice, sessionId)).toBe(2)

    await page.evaluate(() => {
      document.hasFocus = () => true
      dispatchEvent(new Event('focus'))
    })
    await until(async () => (await unreadOf(asAlice, sessionId)) === 0)
    expect(reads).not.toEqual([])
    await asBob.send(sessionId, 'newest')
    await said(page, /: newest$/).waitFor()
    await until(async () => (await unreadOf(asAlice, sessionId)) === 0)
    expect(await linesOf(page)).toEqual(['known', 'New messages', 'new', 'newer', 'newest'])

    await openChat(page)
    // This device knows as well that it has been read.
    await until(async () => (await page.getByText(/\d unread/).count()) === 0)
    await openChat(page, sessionId)
    await said(page, /: newest$/).waitFor()
    await untilOpened(page)
    expect(await line.count()).toBe(0)
    expect(alice.errors).toEqual([])
  })

  test('leads to the first of many new messages', async () => {
    const { alice, asAlice, asBob, sessionId } = await meet(browser, server.url, ['Flo', 'Fred'])
    const { page } = alice
    await readFirst(page, { asAlice, asBob, sessionId })
    for (let n = 1; n <= 160; n++) await asBob.send(sessionId, `number ${n}`)
    await page.getByText('160 unread').first().waitFor()
    await openChat(page, sessionId)

    const first = said(page, /: number 1$/)
    const lead = page.getByRole('button', { name: 'Jump to the first of 160 new messages' })
    await lead.waitFor()
    expect(await first.count()).toBe(0)
    await lead.click()
    await until(async () => (await first.count()) > 0 && (await isSeen(first)))
    expect(await isSeen(page.getByText('New messages', { exact: true }))).toBe(true)
    await until(() => first.evaluate((row) => row === document.activeElement))
    await lead.waitFor({ state: 'detached' })
    await page.getByRole('button', { name: 'Jump to the latest message' }).click()
    await until(() => isSeen(said(page, /: number 160$/)))
    expect(await lead.count()).toBe(0)
    expect(alice.errors).toEqual([])
  })

  test('shows the day over the messages only while one scrolls', async () => {
    const { alice, asBob, sessionId } = await meet(browser, server.url, ['Gus', 'Gesa'])
    const { page } = alice
    for (let n = 1; n <= 40; n++) await asBob.send(sessionId, `number ${n}`)
    await openChat(page, sessionId)
    await said(page, /: number 40$/).waitFor()
    const day = page.getByRole('log').getByText('Today', { exact: true })
    const isShown = async (wanted: boolean) => {
      await until(() =>
        day.evaluate((pill, value) => getComputedStyle(pill).opacity === value, wanted ? '1' : '0'),
      )
    }
    await isShown(false)
    await page.getByRole('log').hover()
    await page.mouse.wheel(0, -60)
    await isShown(true)
    await isShown(false)

    // Where it belongs it stays, and nothing is about to change that.
    await said(page, /: number 40$/).focus()
    await page.keyboard.press('Home')
    await page.getByText('Beginning of the conversation').waitFor()
    const scroller = page.getByRole('log').locator('..')
    await until(async () => (await scroller.getAttribute('data-scrolling')) === null)
    await isShown(true)
    expect(await day.evaluate((pill) => pill.getAnimations().length)).toBe(0)
    expect(alice.errors).toEqual([])
  })

  test('sends on to other conversations what was said, and keeps what was refused', async () => {
    const { alice, bob, asAlice, asBob, sessionId } = await meet(browser, server.url, ['Emma', 'Emil'])
    const { page } = alice
    const left = await registerPerson(server.url, 'Left')
    const group = await asAlice.group(asBob, left)
    await asAlice.must('PUT', `sessions/${group.id}`, { json: { name: 'Lunch', nameChanged: true } })
    await left.send(group.id, 'I am off')
    const members = await left.pullMembers(group.id)
    const { id: memberId } = members.entries.find(({ userId }) => userId === left.id) as { id: string }
    await left.must('DELETE', `sessions/${group.id}/members/${memberId}`)

    await openChat(page, group.id)
    await page.getByText('2 members').waitFor()
    // Who runs the group takes back what others say. Who has left still has a name.
    await choose(said(page, /^Left, .*: I am off$/), 'Recall')
    await page.getByRole('dialog').getByRole('button', { name: 'Recall' }).click()
    await page.getByText('Emma recalled a message').waitFor()

    await say(page, 'noon at the river?')
    await choose(said(page, /: noon at the river\?$/), 'Forward')
    const dialog = page.getByRole('dialog', { name: 'Forward to' })
    await dialog.getByLabel('Search chats').fill('emi')
    expect(await dialog.getByRole('checkbox').count()).toBe(1)
    await dialog.getByRole('checkbox', { name: 'Emil' }).click()
    await expectAccessible(page)
    await dialog.getByRole('button', { name: 'Forward' }).click()
    await openChat(bob.page, sessionId)
    await said(bob.page, /^Emma, .*: noon at the river\?$/).waitFor()
    await page.getByRole('link', { name: 'Open' }).click()
    await said(page, /^You, .*: noon at the river\?$/).waitFor()

    await page.route('**/sessions/*/messages', async (route) => {
      if (route.request().method() !== 'POST') return route.fallback()
      return route.fulfill({ status: 413, json: { code: 'TooLarge', message: 'too large' } })
    })
    await say(page, 'all of it')
    await said(page, /: all of it\. Not sent$/).waitFor()
    await page.getByText('Not sent. This is larger than the server accepts.').waitFor()
    await page.getByRole('button', { name: 'Not sent: show options' }).click()
    await expectMenu(page, ['Try again', 'Copy', 'Discard'])
    await page.getByRole('menuitem', { name: 'Discard' }).click()
    await page.getByRole('dialog').getByRole('button', { name: 'Discard' }).click()
    await page.getByText('Not sent. This is larger than the server accepts.').waitFor({ state: 'detached' })
    // The browser tells of what the server refuses.
    expect(alice.errors.filter((error) => !error.includes('413'))).toEqual([])
  })

  test('can be used by everybody, in light and dark', async () => {
    const { alice, asAlice, asBob } = await meet(browser, server.url, ['Fay', 'Finn'])
    const { page } = alice
    const group = await asAlice.group(asBob)
    await asAlice.send(group.id, 'noon?')
    await asBob.send(group.id, 'see https://example.com')
    await openChat(page, group.id)
    await said(page, /^Finn, .*example.com$/).waitFor()
    await page.getByRole('button', { name: 'Group details' }).click()
    await page.getByRole('complementary', { name: 'Group details' }).waitFor()
    for (const colorScheme of ['light', 'dark'] as const) {
      await page.emulateMedia({ colorScheme })
      await expectAccessible(page)
      await said(page, /: noon\?$/).focus()
      await page.keyboard.press('Shift+F10')
      await expectMenu(page, ['Copy', 'Forward', 'Edit', 'Recall', 'Delete for everyone'])
      await expectAccessible(page)
      await page.keyboard.press('Escape')
      await page.getByRole('menu').waitFor({ state: 'detached' })
      await until(() => said(page, /: noon\?$/).evaluate((row) => row === document.activeElement))
    }

    await page.setViewportSize({ width: 390, height: 844 })
    await page.getByRole('dialog', { name: 'Group details' }).waitFor()
    await expectAccessible(page)
    await page.keyboard.press('Escape')
    await page.getByRole('dialog').waitFor({ state: 'detached' })
    await expectAccessible(page)
    await page.getByRole('button', { name: 'Back' }).click()
    await openChat(page, '999999')
    await page.getByText('Conversation not found').waitFor()
    await page.getByRole('link', { name: 'Back to chats' }).click()
    expect(alice.errors).toEqual([])
  })
})

/** Goes to a conversation, or away from all. */
async function openChat(page: Page, sessionId = ''): Promise<void> {
  await page.evaluate((id) => {
    location.hash = `/chats/${id}`
  }, sessionId)
}

/** As if it were chosen in another tab. */
async function speak(page: Page, language: 'en' | 'zh'): Promise<void> {
  await page.evaluate((chosen) => {
    const key = 'nudge-language'
    localStorage.setItem(key, JSON.stringify(chosen))
    dispatchEvent(new StorageEvent('storage', { key }))
  }, language)
}

/** Everything of the conversation is here, and what the page does for that is done. */
async function untilOpened(page: Page): Promise<void> {
  await page.locator('[role=log][aria-busy=false]').waitFor()
  await page.evaluate(async () => {
    for (let frame = 0; frame < 3; frame++) await new Promise(requestAnimationFrame)
  })
}

/** Writes it and sends it, as users do. */
async function say(page: Page, words: string): Promise<void> {
  await page.getByLabel('Message', { exact: true }).fill(words)
  await page.getByRole('button', { name: 'Send', exact: true }).click()
}

/** Bob has said something, Alice has read it and gone back to the list. */
async function readFirst(
  page: Page,
  { asAlice, asBob, sessionId }: { asAlice: Api; asBob: Api; sessionId: string },
): Promise<void> {
  await asBob.send(sessionId, 'known')
  await openChat(page, sessionId)
  await said(page, /: known$/).waitFor()
  await until(async () => (await unreadOf(asAlice, sessionId)) === 0)
  await openChat(page)
}

async function unreadOf(api: Api, sessionId: string): Promise<number | undefined> {
  const { entries } = await api.pullConversations()
  return entries.find((conversation) => conversation.sessionId === sessionId)?.unread
}

/** The message with this label: `Alice, 10:04 AM: hello`. */
const said = (page: Page, name: RegExp) => page.getByRole('article', { name })

async function choose(row: Locator, action: string): Promise<void> {
  await row.hover()
  await row.getByRole('button', { name: 'Message actions' }).click()
  await row.page().getByRole('menuitem', { name: action }).click()
}

async function expectMenu(page: Page, items: string[]): Promise<void> {
  await page.getByRole('menuitem').first().waitFor()
  expect(await page.getByRole('menuitem').allTextContents()).toEqual(items)
}

/** Each message with `[` where somebody begins to speak and `]` where he ends. */
function edgesOf(page: Page): Promise<string[]> {
  return page.getByRole('article').evaluateAll((rows) =>
    rows.map((row) => {
      const { first, last } = (row as HTMLElement).dataset
      const words = row.getAttribute('aria-label')?.replace(/^.*?: /, '')
      return `${words} ${first === 'true' ? '[' : ''}${last === 'true' ? ']' : ''}`
    }),
  )
}

/** What stands there of messages and the line above new ones. */
function linesOf(page: Page): Promise<string[]> {
  const lines = page.getByRole('log').locator('article, :text-is("New messages")')
  return lines.evaluateAll((all) =>
    all.map((line) => (line.getAttribute('aria-label') ?? line.textContent ?? '').replace(/^.*?: /, '')),
  )
}

const topOf = (row: Locator) => row.evaluate((element) => element.getBoundingClientRect().top)

/** Brings it to the upper half of the view. Gives where it is once everything there has its size. */
function scrollTo(row: Locator): Promise<number> {
  return row.evaluate(async (element) => {
    const box = element.closest('[role=log]')?.parentElement as HTMLElement
    box.scrollTop += element.getBoundingClientRect().top - box.getBoundingClientRect().top - 150
    for (let frame = 0; frame < 3; frame++) await new Promise(requestAnimationFrame)
    return element.getBoundingClientRect().top
  })
}

function isSeen(row: Locator): Promise<boolean> {
  return row.evaluate((element) => {
    const box = element.closest('[role=log]')?.parentElement?.getBoundingClientRect()
    const { top, bottom } = element.getBoundingClientRect()
    return box !== undefined && top >= box.top && bottom <= box.bottom
  })
}
