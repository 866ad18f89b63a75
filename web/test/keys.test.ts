import { beforeAll, expect, test } from '@jest/globals'
import type { Locator, Page } from 'playwright-core'
import { describeInBrowser, until } from '../../sdk/test/helpers/browser.js'
import type { RunningProcess } from '../../test/helpers/child.js'
import type { Person as Api } from '../../test/helpers/person.js'
import { goTo, meet, type PersonOptions, startWeb } from './helpers/people.js'

describeInBrowser('keys', (browser) => {
  let server: RunningProcess

  beforeAll(async () => {
    server = await startWeb()
  })

  const chatting = async (names: [string, string], options: PersonOptions = {}) => {
    const met = await meet(browser, server.url, names, options)
    await goTo(met.alice.page, `/chats/${met.sessionId}`)
    await fieldOf(met.alice.page).waitFor()
    return met
  }

  test('on a phone Enter begins a line, and the button sends', async () => {
    const phone = { viewport: { width: 390, height: 844 }, hasTouch: true, isMobile: true }
    const { alice, asAlice, sessionId } = await chatting(['Ava', 'Ben'], phone)
    const field = fieldOf(alice.page)
    expect(await field.getAttribute('enterkeyhint')).toBe('enter')
    await field.tap()
    await alice.page.keyboard.type('one')
    await alice.page.keyboard.press('Enter')
    await alice.page.keyboard.type('two')
    expect(await field.inputValue()).toBe('one\ntwo')
    await alice.page.getByRole('button', { name: 'Send', exact: true }).tap()
    await until(async () => (await wordsOf(asAlice, sessionId)).includes('one\ntwo'))
    expect(await field.inputValue()).toBe('')
    expect(alice.errors).toEqual([])
  })

  test('nothing sends what is too long', async () => {
    const { alice, asAlice, sessionId } = await chatting(['Cleo', 'Dan'])
    const { page } = alice
    const field = fieldOf(page)
    const send = page.getByRole('button', { name: 'Send', exact: true })
    expect(await field.getAttribute('enterkeyhint')).toBe('send')
    const long = '字'.repeat(21_842)
    await field.fill(long)
    await page.getByRole('status').getByText('21,842 characters').waitFor()
    expect(await send.isDisabled()).toBe(true)
    await field.press('Enter')
    expect(await field.inputValue()).toBe(long)
    await field.press('Backspace')
    await until(() => send.isEnabled())
    await field.press('Enter')
    expect(await field.inputValue()).toBe('')
    await page.getByRole('article').getByRole('img', { name: 'Sent' }).waitFor()
    expect((await wordsOf(asAlice, sessionId)).at(-1)).toHaveLength(21_841)
    expect(alice.errors).toEqual([])
  })

  test('letters go to what one writes, and Ctrl+K to the search', async () => {
    const { alice, asBob, sessionId } = await chatting(['Eva', 'Finn'])
    const { page } = alice
    const field = fieldOf(page)
    await asBob.send(sessionId, 'hello')
    const row = page.getByRole('article', { name: /: hello$/ })
    await field.fill('so, ')
    await row.click()
    await isFocused(row)
    await page.keyboard.press('ArrowUp')
    await page.keyboard.press('Control+a')
    await page.keyboard.press('Space')
    await isFocused(row)
    await page.keyboard.type('How are you?')
    expect(await field.inputValue()).toBe('so, How are you?')

    const search = page.getByRole('searchbox', { name: 'Search' })
    await page.keyboard.press('Control+k')
    await isFocused(search)
    await page.keyboard.type('finn')
    expect([await search.inputValue(), await field.inputValue()]).toEqual(['finn', 'so, How are you?'])
    await page.keyboard.press('Escape')

    // Not where keys mean something else.
    await row.focus()
    await page.keyboard.press('Enter')
    await page.getByRole('menu').waitFor()
    await page.keyboard.type('c')
    await page.keyboard.press('Control+k')
    await page.getByRole('menu').waitFor()
    await page.getByRole('menuitem', { name: 'Forward' }).click()
    const dialog = page.getByRole('dialog')
    await dialog.getByRole('searchbox').waitFor()
    await isFocused(dialog.getByRole('searchbox'))
    await page.keyboard.press('Control+k')
    await page.keyboard.type('zoe')
    expect(await dialog.getByRole('searchbox').inputValue()).toBe('zoe')
    await page.keyboard.press('Escape')
    await page.keyboard.press('Escape')
    await dialog.waitFor({ state: 'detached' })
    expect(await field.inputValue()).toBe('so, How are you?')

    // The list is not seen.
    await page.setViewportSize({ width: 390, height: 844 })
    await row.focus()
    await page.keyboard.press('Control+k')
    await isFocused(row)
    await goTo(page, '/chats')
    await search.waitFor()
    await page.keyboard.press('Control+k')
    await isFocused(search)
    expect(alice.errors).toEqual([])
  })
})

const fieldOf = (page: Page) => page.getByRole('textbox', { name: 'Message', exact: true })

async function isFocused(element: Locator): Promise<void> {
  await until(() => element.evaluate((it) => it === document.activeElement))
}

/** What was said there, as it is stored. */
async function wordsOf(api: Api, sessionId: string): Promise<string[]> {
  const { entries } = await api.pullMessages(sessionId)
  return entries.map(({ content }) => JSON.parse(content).text)
}
