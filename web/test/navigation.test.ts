import { beforeAll, expect, test } from '@jest/globals'
import type { Locator, Page } from 'playwright-core'
import { describeInBrowser, until } from '../../sdk/test/helpers/browser.js'
import type { RunningProcess } from '../../test/helpers/child.js'
import type { Person as Api } from '../../test/helpers/person.js'
import { button, pick, pictureOf, said, untilLoaded } from './helpers/files.js'
import { atApi, createAccount, enter, goTo, meet, type PersonOptions, startWeb } from './helpers/people.js'

const PHONE: PersonOptions = { viewport: { width: 390, height: 844 }, hasTouch: true }

const main = (page: Page) => page.getByRole('main')
const list = (page: Page) => page.getByRole('region', { name: 'List' })
const pathOf = (page: Page) => new URL(page.url()).hash.slice(1)
const hasFocus = (element: Locator) => element.evaluate((it) => it === document.activeElement)

/** Beside the words: all of the line is the link. */
async function pressHeader(page: Page): Promise<void> {
  const heading = main(page).getByRole('heading', { level: 1 }).first()
  const { x, y, width, height } = (await heading.boundingBox()) ?? { x: 0, y: 0, width: 0, height: 0 }
  await page.mouse.click(x + width - 4, y + height + 4)
}

describeInBrowser('going about', (browser) => {
  let server: RunningProcess

  beforeAll(async () => {
    server = await startWeb()
  })

  const writer = async (name: string) => atApi(server.url, await createAccount(server.url, name))

  async function groupOf(owner: Api, name: string, ...others: Api[]): Promise<string> {
    const { id } = await owner.group(...others)
    await owner.must('PUT', `sessions/${id}`, { json: { name, nameChanged: true } })
    return id
  }

  test('on phones Back leads to where one was', async () => {
    const { alice, asAlice, asBob, sessionId } = await meet(browser, server.url, ['Alice', 'Bob'], PHONE)
    const { page } = alice
    await asBob.send(sessionId, 'hello')
    const groupId = await groupOf(asAlice, 'Choir', asBob)
    const heading = main(page).getByRole('heading', { level: 1 })

    // From the chat to the contact and back.
    await list(page)
      .getByRole('link', { name: /Bob.*hello/ })
      .click()
    await said(page).getByText('hello').waitFor()
    expect(await hasFocus(heading)).toBe(true)
    await heading.getByRole('link', { name: 'Bob' }).click()
    await main(page).getByRole('heading', { name: 'Bob', level: 2 }).waitFor()
    expect(await hasFocus(heading)).toBe(true)
    // Also when the page was loaded anew meanwhile.
    await page.reload()
    await button(page, 'Back').click()
    await said(page).getByText('hello').waitFor()
    await button(page, 'Back').click()
    await list(page)
      .getByRole('link', { name: /Bob.*hello/ })
      .waitFor()
    expect(pathOf(page)).toMatch(/^(\/chats)?$/)

    // From the groups to one of them and back.
    await page.getByRole('navigation', { name: 'Main' }).getByRole('link', { name: 'Groups' }).click()
    await list(page).getByRole('link', { name: 'Choir' }).click()
    await main(page).getByRole('heading', { name: 'Choir' }).waitFor()
    await button(page, 'Back').click()
    await button(page, 'New group').waitFor()
    expect(pathOf(page)).toBe('/groups')

    // Who came in by a link goes up, and the system's Back does not lead in again.
    const other = await page.context().newPage()
    await other.goto(`${server.url}/#/chats/${groupId}`)
    const entries = await lengthOf(other)
    await button(other, 'Back').click()
    await list(other).getByRole('link', { name: 'Choir' }).waitFor()
    expect(pathOf(other)).toBe('/chats')
    expect(await lengthOf(other)).toBe(entries)

    // Settings are a place of their own.
    await page.getByRole('navigation', { name: 'Main' }).getByRole('link', { name: 'Settings' }).click()
    await main(page).getByRole('heading', { name: 'Settings' }).waitFor()
    expect(await button(page, 'Back').count()).toBe(0)
    expect(alice.errors).toEqual([])
  })

  test('Back closes a picture and leaves the chat where it is', async () => {
    const { alice, sessionId } = await meet(browser, server.url, ['Carl', 'Cleo'], PHONE)
    const { page } = alice
    await goTo(page, `/chats/${sessionId}`)
    await pick(page, { name: 'sunset.png', mimeType: 'image/png', buffer: await pictureOf('#d9480f') })
    await button(page, 'Send').click()
    const picture = button(page, 'Open picture')
    await untilLoaded(picture.getByRole('img'))
    const viewer = page.getByRole('dialog', { name: 'Picture viewer' })
    const inChat = async () => {
      await viewer.waitFor({ state: 'detached' })
      expect(pathOf(page)).toBe(`/chats/${sessionId}`)
      await until(() => hasFocus(picture))
    }

    await picture.click()
    await viewer.waitFor()
    await page.goBack()
    await inChat()
    // It does not come back.
    await page.goForward()
    await inChat()
    await picture.click()
    await viewer.waitFor()
    await page.keyboard.press('Escape')
    await inChat()
    await picture.click()
    await viewer.getByRole('button', { name: 'Close' }).click()
    await inChat()
    // After all that one step leads out of the chat; and another one, after a reload in between.
    await page.goBack()
    await list(page).getByRole('link', { name: /Cleo/ }).click()
    await picture.click()
    await viewer.waitFor()
    await page.reload()
    await untilLoaded(picture.getByRole('img'))
    await until(async () => (await stepOf(page)).isCover === undefined)
    await button(page, 'Back').click()
    await list(page).getByRole('link', { name: /Cleo/ }).waitFor()
    expect(alice.errors).toEqual([])
  })

  test('Back closes the details of a group where they lie over the chat', async () => {
    const { alice, asAlice, asBob } = await meet(browser, server.url, ['Dora', 'Dirk'], PHONE)
    const { page } = alice
    const groupId = await groupOf(asAlice, 'Lunch', asBob)
    await list(page).getByRole('link', { name: 'Lunch' }).click()
    const details = page.getByRole('dialog', { name: 'Group details' })
    const title = main(page).getByRole('button', { name: 'Lunch' })
    const inChat = async () => {
      await details.waitFor({ state: 'detached' })
      expect(pathOf(page)).toBe(`/chats/${groupId}`)
    }

    await title.click()
    await details.waitFor()
    await page.goBack()
    await inChat()
    await until(() => hasFocus(title))
    await page.goForward()
    await inChat()
    await button(page, 'Group details').click()
    await details.waitFor()
    await page.keyboard.press('Escape')
    await inChat()
    await until(() => hasFocus(button(page, 'Group details')))

    // Who goes on from there comes back to the chat.
    await button(page, 'Group details').click()
    await details.getByRole('link', { name: 'Dirk' }).click()
    await main(page).getByRole('heading', { name: 'Dirk', level: 2 }).waitFor()
    await button(page, 'Back').click()
    await title.waitFor()
    await inChat()
    await button(page, 'Back').click()
    await list(page).getByRole('link', { name: 'Lunch' }).waitFor()
    expect(pathOf(page)).toMatch(/^(\/chats)?$/)
    expect(alice.errors).toEqual([])
  })

  test('Escape and Back take away what lies on top, and no more', async () => {
    const { alice, asAlice, asBob } = await meet(browser, server.url, ['Gina', 'Gert'], PHONE)
    const { page } = alice
    const { userId } = await createAccount(server.url, 'Finn')
    await asAlice.must('POST', `users/${alice.userId}/contacts`, { json: { userId } })
    await goTo(page, `/chats/${await groupOf(asAlice, 'Tea', asBob)}`)
    await button(page, 'Group details').click()
    const details = page.getByRole('dialog', { name: 'Group details' })
    await details.getByRole('button', { name: 'Edit' }).click()
    await page.keyboard.press('Escape')
    await details.getByRole('button', { name: 'Edit' }).waitFor()

    // A menu, and what was typed to find somebody.
    await details.getByRole('button', { name: /Gert/ }).last().click()
    await page.getByRole('menu').waitFor()
    await page.keyboard.press('Escape')
    await page.getByRole('menu').waitFor({ state: 'detached' })
    await details.waitFor()

    const adding = page.getByRole('dialog', { name: 'Add members' })
    const open = () => details.getByRole('button', { name: 'Add members' }).click()
    await open()
    const search = adding.getByRole('searchbox')
    await search.fill('fi')
    await page.keyboard.press('Escape')
    expect(await search.inputValue()).toBe('')
    await page.keyboard.press('Escape')
    await adding.waitFor({ state: 'detached' })
    await details.waitFor()
    await open()
    await search.waitFor()
    await page.goBack()
    await adding.waitFor({ state: 'detached' })
    await details.waitFor()
    await page.goBack()
    await details.waitFor({ state: 'detached' })
    await button(page, 'Group details').waitFor()
    expect(alice.errors).toEqual([])
  })

  test('faces, names and the line above the chat lead to people and groups', async () => {
    const ellen = await enter(browser, server.url, 'Ellen')
    const { page } = ellen
    const [asEllen, erik, gone] = [await atApi(server.url, ellen), await writer('Erik'), await writer('Gone')]
    await page.route(`**/v1/users/${gone.id}`, (route) =>
      route.fulfill({ status: 404, json: { code: 'NotFound', message: 'there is no such user' } }),
    )
    const groupId = await groupOf(asEllen, 'Rowing', erik, gone)
    await gone.send(groupId, 'not me')
    await erik.send(groupId, 'who rows?')
    const { entries } = await gone.pullMembers(groupId)
    const { id: memberId } = entries.find(({ userId }) => userId === gone.id) as { id: string }
    await gone.must('DELETE', `sessions/${groupId}/members/${memberId}`)
    await goTo(page, `/chats/${groupId}`)
    const left = page.getByRole('article', { name: /^Deleted account.*not me/ })
    await left.waitFor()
    expect(await left.locator('a').count()).toBe(0)
    const row = page.getByRole('article', { name: /who rows/ })
    await row.getByRole('link', { name: 'Erik' }).click()
    await main(page).getByRole('heading', { name: 'Erik', level: 2 }).waitFor()
    await page.goBack()
    const face = row.locator('a[aria-hidden]')
    const { width, height } = await face.evaluate((link) => {
      const { width, height } = getComputedStyle(link, '::after')
      return { width: Number.parseFloat(width), height: Number.parseFloat(height) }
    })
    expect(Math.min(width, height)).toBeGreaterThanOrEqual(40)
    await face.click()
    await main(page).getByRole('heading', { name: 'Erik', level: 2 }).waitFor()

    await page.getByRole('button', { name: 'Message' }).click()
    await main(page).getByRole('heading', { name: 'Erik', level: 1 }).waitFor()
    await pressHeader(page)
    await main(page).getByRole('heading', { name: 'Erik', level: 2 }).waitFor()
    await goTo(page, `/chats/${groupId}`)
    const panel = page.getByRole('complementary', { name: 'Group details' })
    await main(page).getByText('2 members').waitFor()
    await pressHeader(page)
    await panel.waitFor()
    await pressHeader(page)
    await panel.waitFor({ state: 'detached' })
    // The browser tells that the server knows nobody of that id.
    expect(ellen.errors.filter((error) => !error.includes('404'))).toEqual([])
  })

  test('a page that stays open over midnight knows what day it is', async () => {
    const fred = await enter(browser, server.url, 'Fred')
    const { page } = fred
    const gina = await writer('Gina')
    const { id } = await gina.p2pWith({ id: fred.userId })
    await gina.send(id, 'good night')
    await page.clock.install()
    await goTo(page, `/chats/${id}`)
    await page.reload()
    const row = list(page).getByRole('link', { name: /Gina.*good night/ })
    await row.waitFor()
    await said(page).getByText('Today', { exact: true }).waitFor()
    expect(await row.textContent()).not.toContain('Yesterday')
    await page.clock.fastForward(await page.evaluate(() => new Date().setHours(24, 0, 1, 0) - Date.now()))
    await said(page).getByText('Yesterday', { exact: true }).waitFor()
    await row.getByText('Yesterday').waitFor()
    expect(fred.errors).toEqual([])
  })
})

const lengthOf = (page: Page) => page.evaluate(() => history.length)

/** What the entry of the history says. */
function stepOf(page: Page): Promise<{ isCover?: boolean }> {
  return page.evaluate(() => history.state ?? {})
}
