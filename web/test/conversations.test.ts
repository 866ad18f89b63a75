import { beforeAll, describe, expect, test } from '@jest/globals'
import type { Locator, Page } from 'playwright-core'
import { describeInBrowser, until } from '../../sdk/test/helpers/browser.js'
import type { RunningProcess } from '../../test/helpers/child.js'
import type { Person as Api } from '../../test/helpers/person.js'
import { atApi, createAccount, enter, expectAccessible, logIn, openApp, startWeb } from './helpers/people.js'

/** The rows of the list, as they are called: name, time, what was said, badge. */
function rowsOf(page: Page): Locator {
  return page.getByRole('list', { name: 'Conversations' }).getByRole('link')
}

const row = (page: Page, name: string) => rowsOf(page).filter({ hasText: new RegExp(`^${name}`) })

/** Resolves when the rows begin with these words, in this order. */
async function shows(page: Page, names: string[]): Promise<void> {
  await until(async () => {
    const texts = await rowsOf(page).allInnerTexts()
    return texts.length === names.length && names.every((name, at) => texts[at]?.startsWith(name))
  })
}

async function choose(page: Page, name: string, item: string): Promise<void> {
  await row(page, name).click({ button: 'right' })
  await page.getByRole('menuitem', { name: item }).click()
}

describeInBrowser('conversations', (browser) => {
  let server: RunningProcess

  beforeAll(async () => {
    server = await startWeb()
  })

  async function writer(name: string): Promise<Api> {
    return atApi(server.url, await createAccount(server.url, name))
  }

  async function write(from: Api, to: { userId: string }, text: string): Promise<string> {
    const { id } = await from.p2pWith({ id: to.userId })
    await from.send(id, text)
    return id
  }

  test('stand in order while others write; are pinned, read, deleted, and come back', async () => {
    const alice = await enter(browser, server.url, 'Alice')
    const { page } = alice
    await page.getByRole('heading', { name: 'No chats yet' }).waitFor()
    const [bob, carol] = [await writer('Bob'), await writer('Carol')]

    await write(bob, alice, 'good morning')
    // The server's own first line counts, too.
    await page.getByRole('link', { name: /Bob.*good morning.*2 unread messages/ }).waitFor()
    await write(carol, alice, 'hello from Carol')
    await shows(page, ['Carol', 'Bob'])
    await write(bob, alice, 'still there?')
    await shows(page, ['Bob', 'Carol'])
    await page.getByRole('link', { name: /Bob.*still there.*3 unread messages/ }).waitFor()

    await choose(page, 'Carol', 'Pin to top')
    await shows(page, ['Carol', 'Bob'])
    await page.getByRole('link', { name: /Carol.*Pinned/ }).waitFor()
    await write(bob, alice, 'no hurry')
    await row(page, 'Bob').filter({ hasText: 'no hurry' }).waitFor()
    await shows(page, ['Carol', 'Bob'])
    await row(page, 'Carol').hover()
    await page.getByRole('button', { name: 'Actions for Carol' }).click()
    await page.getByRole('menuitem', { name: 'Unpin' }).click()
    await shows(page, ['Bob', 'Carol'])

    await choose(page, 'Bob', 'Mark as read')
    await row(page, 'Bob').filter({ hasText: 'unread' }).waitFor({ state: 'detached' })

    await choose(page, 'Bob', 'Remove from list')
    const dialog = page.getByRole('dialog')
    await dialog.getByText('Its messages are kept').waitFor()
    await dialog.getByRole('button', { name: 'Cancel' }).click()
    await shows(page, ['Bob', 'Carol'])
    await choose(page, 'Bob', 'Remove from list')
    await dialog.getByRole('button', { name: 'Remove' }).click()
    await shows(page, ['Carol'])
    await write(bob, alice, 'me again')
    await shows(page, ['Bob', 'Carol'])

    // What comes while it is being read is not told of as unread, even before the server knows.
    await row(page, 'Bob').click()
    await row(page, 'Bob').filter({ hasText: 'unread' }).waitFor({ state: 'detached' })
    await page.route('**/messages?limit=1', () => {})
    await write(bob, alice, 'are you reading this?')
    await row(page, 'Bob').filter({ hasText: 'are you reading this?' }).waitFor()
    expect(await row(page, 'Bob').filter({ hasText: 'unread' }).count()).toBe(0)
    expect(alice.errors).toEqual([])
  })

  test('are found, reached with the arrow keys, and lead to contacts, groups, accounts and own devices', async () => {
    const alice = await enter(browser, server.url, 'Alina')
    const { page } = alice
    const dave = await writer('Dave')
    const eve = await writer('Eve')
    await createAccount(server.url, 'Frank')
    await write(dave, alice, 'about the garden')
    await write(eve, alice, 'about the house')
    await shows(page, ['Eve', 'Dave'])
    const search = page.getByRole('searchbox', { name: 'Search' })

    await search.fill('GARDEN')
    await shows(page, ['Dave'])
    await search.press('Escape')
    await shows(page, ['Eve', 'Dave'])
    await search.press('ArrowDown')
    await page.keyboard.press('ArrowDown')
    await page.keyboard.press('Enter')
    await page.locator('[aria-current="page"]', { hasText: 'about the garden' }).waitFor()

    const adding = await page.evaluate(() => location.hash)
    expect(adding).toMatch(/^#\/chats\/\d+$/)
    await search.fill('frank@example.com')
    await page.getByRole('status').filter({ hasText: 'No results for' }).waitFor()
    await page.getByRole('button', { name: 'Search for the account “frank@example.com”' }).click()
    await page.getByRole('dialog').getByRole('button', { name: 'Message Frank' }).click()
    await page.getByRole('dialog').waitFor({ state: 'detached' })
    await search.press('Escape')
    await shows(page, ['Frank', 'Eve', 'Dave'])

    await page.getByRole('button', { name: 'New…' }).click()
    await page.getByRole('menuitem', { name: 'My devices' }).click()
    await page.getByRole('main').getByRole('heading', { name: 'My devices' }).waitFor()
    const own = await atApi(server.url, alice)
    await own.send(new URL(page.url()).hash.split('/').at(-1) ?? '', 'a note for myself')
    await shows(page, ['My devices', 'Frank', 'Eve', 'Dave'])
    expect(alice.errors).toEqual([])
  })

  test('are the same in all windows of a user; what one reads is read in the other', async () => {
    const gina = await enter(browser, server.url, 'Gina')
    const phone = await openApp(browser, server.url, { viewport: { width: 390, height: 844 } })
    await logIn(phone.page, gina.account)
    const [hugo, ines] = [await writer('Hugo'), await writer('Ines')]
    await write(hugo, gina, 'one')
    await write(ines, gina, 'two')
    await write(hugo, gina, 'three')
    for (const page of [gina.page, phone.page]) {
      await shows(page, ['Hugo', 'Ines'])
      await page.getByRole('link', { name: /Hugo.*three.*3 unread messages/ }).waitFor()
    }
    await row(phone.page, 'Hugo').click()
    await row(gina.page, 'Hugo').filter({ hasText: 'unread' }).waitFor({ state: 'detached' })
    await row(gina.page, 'Ines').filter({ hasText: 'unread' }).waitFor()

    await choose(gina.page, 'Ines', 'Pin to top')
    await phone.page.getByRole('button', { name: 'Back' }).click()
    await shows(phone.page, ['Ines', 'Hugo'])
    expect([...gina.errors, ...phone.errors]).toEqual([])
  })

  describe.each(['light', 'dark'] as const)('in %s', (colorScheme) => {
    test('can be used by everybody: the list, its menu, its questions, a search', async () => {
      const name = `Jo ${colorScheme}`
      const jo = await enter(browser, server.url, name, { colorScheme })
      const { page } = jo
      await page.getByRole('button', { name: 'Find someone' }).waitFor()
      await expectAccessible(page)
      await write(await writer(`Kim ${colorScheme}`), jo, 'hello')
      await row(page, 'Kim').click({ button: 'right' })
      await page.getByRole('menuitem', { name: 'Pin to top' }).waitFor()
      await expectAccessible(page)
      await page.getByRole('menuitem', { name: 'Remove from list' }).click()
      await page.getByRole('dialog').getByText('Its messages are kept').waitFor()
      await expectAccessible(page)
      await page.keyboard.press('Escape')
      await page.getByRole('searchbox', { name: 'Search' }).fill('kim')
      await page.getByRole('button', { name: 'Search for the account' }).click()
      await page.getByRole('dialog').getByText('Nobody has the account or name “kim”').waitFor()
      await expectAccessible(page)
      expect(jo.errors).toEqual([])
    })
  })
})
