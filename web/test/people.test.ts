import { beforeAll, describe, expect, test } from '@jest/globals'
import type { Page } from 'playwright-core'
import { describeInBrowser, until } from '../../sdk/test/helpers/browser.js'
import type { UserObject } from '../../shared/wire/objects.js'
import type { RunningProcess } from '../../test/helpers/child.js'
import { request } from '../../test/helpers/http.js'
import {
  atApi,
  befriend,
  createAccount,
  enter,
  expectAccessible,
  PASSWORD,
  type Person,
  startWeb,
} from './helpers/people.js'

async function turnTo(page: Page, section: 'Chats' | 'Contacts' | 'Groups'): Promise<void> {
  await page.getByRole('navigation', { name: 'Main' }).getByRole('link', { name: section }).click()
}

describeInBrowser('people', (browser) => {
  let server: RunningProcess

  beforeAll(async () => {
    server = await startWeb()
  })

  /** Somebody without a browser. */
  async function account(name: string, email: string): Promise<string> {
    const json = { email, password: PASSWORD, name }
    const { body } = await request<UserObject>('POST', `${server.url}/v1/users/register`, { json })
    return body.id
  }

  async function addContacts(person: Person, ids: string[]): Promise<void> {
    const api = await atApi(server.url, person)
    for (const id of ids) await api.must('POST', `users/${person.userId}/contacts`, { json: { userId: id } })
  }

  describe('contacts', () => {
    test('are added by account, called as one likes, and deleted', async () => {
      const alice = await enter(browser, server.url, 'Alice')
      const { page } = alice
      await createAccount(server.url, 'Bob')
      await turnTo(page, 'Contacts')
      await page.getByRole('heading', { name: 'No contacts yet' }).waitFor()

      await page.getByRole('button', { name: 'Add contact' }).first().click()
      const dialog = page.getByRole('dialog')
      const whom = dialog.getByLabel('Account or name')
      await whom.fill('nobody@example.com')
      await whom.press('Enter')
      await dialog.getByText('Nobody has the account or name “nobody@example.com”').waitFor()
      await whom.fill(alice.account)
      await dialog.getByRole('button', { name: 'Search' }).click()
      await dialog.getByText('This is you').waitFor()
      await whom.fill('bob@example.com')
      await whom.press('Enter')
      await dialog.getByRole('button', { name: 'Add Bob' }).click()
      await page.getByRole('main').getByRole('heading', { name: 'Bob', level: 2 }).waitFor()
      await page.getByRole('link', { name: /Bob.*bob@example\.com/ }).waitFor()

      await page.getByLabel('Nickname').fill('小明')
      await page.getByLabel('Note').fill('from the choir')
      // Whoever has a look elsewhere finds it as it was.
      await turnTo(page, 'Groups')
      await turnTo(page, 'Contacts')
      await page.getByRole('link', { name: /Bob.*bob@example\.com/ }).click()
      expect(await page.getByLabel('Note').inputValue()).toBe('from the choir')
      await page.getByRole('button', { name: 'Save' }).click()
      await page.getByRole('main').getByRole('heading', { name: '小明' }).waitFor()
      await page.getByText('Profile name: Bob').waitFor()
      await page.reload()
      expect(await page.getByLabel('Note').inputValue()).toBe('from the choir')
      await page.getByRole('region', { name: 'X' }).getByRole('link', { name: /小明/ }).waitFor()

      await page.getByRole('button', { name: 'Message' }).click()
      await page.getByRole('list', { name: 'Conversations' }).getByRole('link', { name: /^小明/ }).waitFor()
      await page.goBack()
      await page.getByRole('button', { name: 'Delete contact' }).click()
      await page.getByRole('dialog').getByText('You stay in their contacts').waitFor()
      await page.getByRole('dialog').getByRole('button', { name: 'Delete' }).click()
      await page.getByText('Not in your contacts').waitFor()
      await page.getByRole('heading', { name: 'No contacts yet' }).waitFor()
      await page.getByRole('button', { name: 'Add to contacts' }).click()
      await page.getByRole('button', { name: 'Delete contact' }).waitFor()
      expect(alice.errors).toEqual([])
    })

    test('stand under the letters of their names, Chinese ones by their pinyin', async () => {
      const carl = await enter(browser, server.url, 'Carl')
      const { page } = carl
      const ids = []
      for (const name of ['Zoe', '张三', 'Émile', '李娜', 'anna', '007', 'Leo']) {
        ids.push(await account(name, `letter${ids.length}@example.com`))
      }
      await addContacts(carl, ids)
      await turnTo(page, 'Contacts')
      const rows = page.getByRole('region', { name: 'List' }).getByRole('link')
      await until(async () => (await rows.count()) === 7)
      const names = (await rows.allInnerTexts()).map((text) => text.split('\n')[0])
      expect(names).toEqual(['anna', 'Émile', 'Leo', '李娜', '张三', 'Zoe', '007'])
      const headings = page.getByRole('region', { name: 'List' }).getByRole('heading', { level: 2 })
      expect(await headings.allInnerTexts()).toEqual(['A', 'E', 'L', 'Z', '#'])

      // Few need no letters to jump to.
      const toZ = page.getByRole('button', { name: 'Jump to Z' })
      expect(await toZ.count()).toBe(0)
      const more = Array.from({ length: 14 }, (_, n) => `Max ${n + 10}`)
      await addContacts(carl, await Promise.all(more.map((name, n) => account(name, `max${n}@example.com`))))
      await until(async () => (await rows.count()) === 21)
      const zoe = rows.filter({ hasText: /^Zoe/ })
      const isSeen = async () => ((await zoe.boundingBox())?.y ?? Infinity) < 800
      expect(await isSeen()).toBe(false)
      await toZ.click()
      await until(isSeen)
      await expectAccessible(page)

      await page.getByRole('searchbox', { name: 'Search contacts' }).fill('lin')
      await until(async () => (await rows.count()) === 1)
      await page.keyboard.press('Enter')
      await page.getByRole('main').getByRole('heading', { name: '李娜' }).waitFor()
      await page.goto(`${server.url}/#/contacts/987654321`)
      await page.getByRole('heading', { name: 'Person not found' }).waitFor()
      // The browser itself reports the one answer that was 404.
      expect(carl.errors.filter((error) => !error.includes('404'))).toEqual([])
    })
  })

  test('make a group, run it, hand it over, leave and end it', async () => {
    const [dora, emil, finn] = [
      await enter(browser, server.url, 'Dora'),
      await enter(browser, server.url, 'Emil'),
      await enter(browser, server.url, 'Finn'),
    ]
    const asDora = await atApi(server.url, dora)
    await befriend(asDora, emil)
    await befriend(asDora, finn)

    // Dora makes it.
    await turnTo(dora.page, 'Groups')
    await dora.page.getByRole('button', { name: 'New group' }).first().click()
    const dialog = dora.page.getByRole('dialog')
    await dialog.getByLabel('Name').fill('Lunch')
    await dialog.getByText('Emil').click()
    await dialog.getByRole('searchbox', { name: 'Search contacts' }).fill('fin')
    await dialog.getByText('Finn').click()
    await dialog.getByRole('button', { name: 'Remove Finn' }).click()
    await dialog.getByRole('button', { name: 'Create group of 2' }).click()
    await dora.page.getByRole('main').getByRole('heading', { name: 'Lunch', exact: true }).waitFor()

    const details = (page: Page) => page.getByRole('complementary', { name: 'Group details' })
    const member = (page: Page, name: string) =>
      details(page).getByRole('list', { name: 'Members' }).getByRole('listitem').filter({ hasText: name })
    const choose = async (page: Page, name: string, item: string) => {
      await details(page)
        .getByRole('button', { name: `Actions for ${name}` })
        .click()
      await page.getByRole('menuitem', { name: item }).click()
    }
    const confirm = (page: Page, yes: string) =>
      page.getByRole('dialog').getByRole('button', { name: yes, exact: true }).click()
    const openDetails = async (page: Page, group: string) => {
      await page.getByRole('list', { name: 'Conversations' }).getByRole('link', { name: group }).click()
      await page.getByRole('button', { name: 'Group details' }).click()
      await details(page).waitFor()
    }
    const says = (page: Page, line: string) => page.getByRole('main').getByText(line).first().waitFor()

    // Adds Finn, renames it, invites somebody by mail and thinks better of it.
    await dora.page.getByRole('button', { name: 'Group details' }).click()
    await details(dora.page).getByRole('button', { name: 'Add members' }).click()
    await dialog.getByText('Finn').click()
    await dialog.getByRole('button', { name: 'Add 1' }).click()
    await member(dora.page, 'Finn').waitFor()
    await details(dora.page).getByText('3 members').waitFor()
    await details(dora.page).getByRole('button', { name: 'Edit name and description' }).click()
    await details(dora.page).getByLabel('Name').fill('Early lunch')
    await details(dora.page).getByLabel('Description').fill('at noon')
    await details(dora.page).getByRole('button', { name: 'Save' }).click()
    await says(dora.page, 'You renamed the group to “Early lunch”')
    const previews = (page: Page) => page.getByRole('list', { name: 'Conversations' })
    await previews(dora.page).getByText('You renamed the group to “Early lunch”').waitFor()
    await previews(emil.page).getByText('Dora renamed the group to “Early lunch”').waitFor()
    await details(dora.page).getByRole('button', { name: 'Invite by e-mail' }).click()
    await dialog.getByLabel('E-mail address').fill('not an address')
    await dialog.getByRole('button', { name: 'Invite', exact: true }).click()
    await dialog.getByText('Enter a valid e-mail address.').waitFor()
    await dialog.getByLabel('E-mail address').fill('new@elsewhere.org')
    await dialog.getByRole('button', { name: 'Invite', exact: true }).click()
    await member(dora.page, 'new@elsewhere.org').getByText('Invited').waitFor()
    await choose(dora.page, 'new@elsewhere.org', 'Withdraw invitation')
    await confirm(dora.page, 'Withdraw')
    await member(dora.page, 'new@elsewhere.org').waitFor({ state: 'detached' })

    // Emil becomes an admin, and removes Finn, who could do nothing of the kind.
    await openDetails(emil.page, 'Early lunch')
    await openDetails(finn.page, 'Early lunch')
    await member(finn.page, 'Dora').getByText('Owner').waitFor()
    expect(await details(finn.page).getByRole('button', { name: 'Edit name' }).count()).toBe(0)
    await details(finn.page).getByRole('button', { name: 'Actions for Emil' }).click()
    await finn.page.getByRole('menuitem', { name: 'Show contact' }).waitFor()
    expect(await finn.page.getByRole('menuitem', { name: 'Remove' }).count()).toBe(0)
    await finn.page.keyboard.press('Escape')
    await choose(dora.page, 'Emil', 'Make admin')
    await says(finn.page, 'Dora made Emil an admin')
    await member(emil.page, 'Emil').getByText('Admin').waitFor()
    await choose(emil.page, 'Finn', 'Remove from group')
    await confirm(emil.page, 'Remove')
    await member(dora.page, 'Finn').waitFor({ state: 'detached' })
    await details(finn.page).getByText('You are no longer in this group').waitFor()

    // Dora keeps it at hand, gives it to Emil, and goes; he ends it.
    await details(dora.page).getByRole('switch', { name: 'Favourite' }).click()
    await turnTo(dora.page, 'Groups')
    const favourites = dora.page.getByRole('region', { name: 'Favourites' })
    await favourites.getByRole('link', { name: 'Early lunch' }).waitFor()
    await favourites.getByRole('button', { name: 'Remove Early lunch from favourites' }).click()
    await dora.page
      .getByRole('region', { name: 'All groups' })
      .getByRole('link', { name: 'Early lunch' })
      .click()
    await dora.page.getByRole('button', { name: 'Group details' }).click()
    await choose(dora.page, 'Emil', 'Make owner')
    await confirm(dora.page, 'Make owner')
    await member(dora.page, 'Dora').getByText('Admin').waitFor()
    await says(emil.page, 'Dora made Emil the group owner')
    await details(dora.page).getByRole('button', { name: 'Leave group' }).click()
    await confirm(dora.page, 'Leave')
    await turnTo(dora.page, 'Groups')
    await dora.page.getByRole('heading', { name: 'No groups yet' }).waitFor()
    await member(emil.page, 'Dora').waitFor({ state: 'detached' })
    await details(emil.page).getByRole('button', { name: 'Delete group' }).click()
    await confirm(emil.page, 'Delete for everyone')
    await emil.page
      .getByRole('list', { name: 'Conversations' })
      .getByRole('link', { name: 'Early lunch' })
      .waitFor({ state: 'detached' })
    expect([...dora.errors, ...emil.errors]).toEqual([])
    // Finn was looking when he was removed: what his client asked for then was refused.
    expect(finn.errors.filter((error) => !error.includes('403'))).toEqual([])
  })

  test('pick members with the keyboard, and make one group even when not all can be added', async () => {
    const ida = await enter(browser, server.url, 'Ida')
    const { page } = ida
    const [jan, jo] = [await account('Jan', 'jan@example.com'), await account('Jo', 'jo@example.com')]
    const kai = await account('Kai', 'kai@example.com')
    await addContacts(ida, [jan, jo, kai])
    await turnTo(page, 'Groups')
    await page.getByRole('button', { name: 'New group' }).first().click()
    const dialog = page.getByRole('dialog')
    const search = dialog.getByRole('searchbox', { name: 'Search contacts' })
    const dropOf = (name: string) => dialog.getByRole('button', { name: `Remove ${name}` })

    // Nobody is in it yet.
    await dialog.getByLabel('Name').fill('Choir')
    await dialog.getByLabel('Name').press('Enter')
    expect(await dialog.getByRole('button', { name: 'Create group' }).isDisabled()).toBe(true)
    await search.fill('jo')
    await search.press('Enter')
    await dropOf('Jo').waitFor()
    expect(await search.inputValue()).toBe('')
    // Nothing is looked for, or not found.
    await search.press('Enter')
    await search.fill('nobody')
    await search.press('Enter')
    await search.fill('ja')
    await search.press('Enter')
    await dropOf('Jan').waitFor()
    await search.fill('jo')
    await search.press('Enter')
    await dropOf('Jo').waitFor({ state: 'detached' })
    await search.fill('kai')
    await search.press('Enter')
    await dropOf('Kai').waitFor()

    await page.route('**/sessions/*/members', async (route) => {
      if (!route.request().postData()?.includes(`"userId":"${jan}"`)) return route.fallback()
      return route.fulfill({ status: 403, json: { code: 'NotAllowed', message: 'no' } })
    })
    await dialog.getByLabel('Name').press('Enter')
    await page.getByRole('alert').getByText('without Jan').waitFor()
    await dialog.waitFor({ state: 'detached' })
    await page.getByRole('main').getByRole('heading', { name: 'Choir', exact: true }).waitFor()
    await page.getByRole('alert').getByRole('button', { name: 'Close' }).click()
    await page.getByRole('button', { name: 'Group details' }).click()
    const members = page.getByRole('list', { name: 'Members' }).getByRole('listitem')
    await until(async () => (await members.count()) === 2)
    await members.filter({ hasText: 'Kai' }).waitFor()
    await page.unroute('**/sessions/*/members')

    await page.getByRole('button', { name: 'Add members' }).click()
    await search.fill('jan')
    await search.press('Enter')
    await dialog.getByRole('button', { name: 'Add 1' }).click()
    await until(async () => (await members.count()) === 3)
    await turnTo(page, 'Groups')
    await page.getByRole('region', { name: 'List' }).getByRole('link', { name: 'Choir' }).waitFor()
    expect(await page.getByRole('region', { name: 'List' }).getByRole('link').count()).toBe(1)
    // The browser tells of what was refused.
    expect(ida.errors.filter((error) => !error.includes('403'))).toEqual([])
  })

  describe.each(['light', 'dark'] as const)('in %s', (colorScheme) => {
    test('can be met by everybody: contacts, groups, their pages and dialogs', async () => {
      const gil = await enter(browser, server.url, `Gil ${colorScheme}`, { colorScheme })
      const { page } = gil
      const hana = await account('Hana', `hana-${colorScheme}@example.com`)
      await addContacts(gil, [hana])
      await page.goto(`${server.url}/#/contacts/${hana}`)
      await page.getByLabel('Note').fill('tall')
      await expectAccessible(page)
      await page.getByRole('button', { name: 'Delete contact' }).click()
      await page.getByRole('dialog').getByRole('button', { name: 'Delete' }).waitFor()
      await expectAccessible(page)
      await page.keyboard.press('Escape')
      await page.getByRole('button', { name: 'Add contact' }).click()
      await page.getByRole('dialog').getByLabel('Account or name').fill('Hana')
      await page.keyboard.press('Enter')
      await page.getByRole('dialog').getByText('Results', { exact: true }).waitFor()
      await expectAccessible(page)
      await page.keyboard.press('Escape')

      await turnTo(page, 'Groups')
      await page.getByRole('heading', { name: 'No groups yet' }).waitFor()
      await page.getByRole('button', { name: 'New group' }).first().click()
      const dialog = page.getByRole('dialog')
      await dialog.getByText('Hana').click()
      await expectAccessible(page)
      await dialog.getByRole('button', { name: 'Create group of 2' }).click()
      await page.getByRole('button', { name: 'Group details' }).click()
      await page.getByText('Who can do what?').click()
      await expectAccessible(page)
      await page.getByRole('button', { name: 'Actions for Hana' }).click()
      await page.getByRole('menuitem', { name: 'Make owner' }).waitFor()
      await expectAccessible(page)
      await page.keyboard.press('Escape')
      await turnTo(page, 'Groups')
      await page.getByRole('button', { name: /^Add .* to favourites/ }).click()
      await page.getByRole('region', { name: 'Favourites' }).waitFor()
      await expectAccessible(page)
      expect(gil.errors).toEqual([])
    })
  })
})
