import { beforeEach, expect, test } from '@jest/globals'
import type { BrowserContext } from 'playwright-core'
import { describeInBrowser, type Tab, until } from '../helpers/browser.js'

type Exports = typeof import('./tabs-page.js')

describeInBrowser('webTabs', (browser) => {
  const site = browser.serve<Exports>(new URL('./tabs-page.ts', import.meta.url))
  let context: BrowserContext
  beforeEach(async () => {
    context = await browser.newContext()
  })

  async function openTab(name = 'alice', isShared = true): Promise<Tab<Exports>> {
    const tab = await browser.openTab(context, site)
    await tab.run(({ join }, { name, isShared }) => join(name, isShared), { name, isShared })
    return tab
  }

  /** The first of them that comes to lead, when it does. */
  const leader = (tabs: Tab<Exports>[]) =>
    Promise.any(tabs.map((tab) => tab.run(({ whenLeading }) => whenLeading()).then(() => tab)))

  async function leadersOf(tabs: Tab<Exports>[]): Promise<Tab<Exports>[]> {
    const answers = await Promise.all(tabs.map((tab) => tab.run(({ isLeading }) => isLeading())))
    return tabs.filter((_tab, index) => answers[index])
  }

  /** How a tab ends. */
  const ENDS: Record<string, (tab: Tab<Exports>) => Promise<unknown>> = {
    'closes its tabs': (tab) => tab.run(({ close }) => close()),
    'is closed': (tab) => tab.page.close({ runBeforeUnload: false }),
    'goes elsewhere': (tab) => tab.page.goto('about:blank'),
    crashes: async (tab) => {
      const crashed = tab.page.waitForEvent('crash')
      const session = await context.newCDPSession(tab.page)
      // Never answered.
      session.send('Page.crash').catch(() => {})
      await crashed
    },
  }

  test.each(Object.keys(ENDS))('one of three leads, and when it %s another one does', async (end) => {
    let tabs = [await openTab(), await openTab(), await openTab()]
    for (let round = 0; round < 2; round++) {
      const first = await leader(tabs)
      expect(await leadersOf(tabs)).toEqual([first])
      await ENDS[end]?.(first)
      tabs = tabs.filter((tab) => tab !== first)
    }
    const last = await leader(tabs)
    expect(await leadersOf(tabs)).toEqual([last])
    expect(tabs.flatMap((tab) => tab.errors)).toEqual([])
  })

  test('a tab that closed while it waited never leads, and holds nobody up', async () => {
    const [first, second, third] = [await openTab(), await openTab(), await openTab()]
    await leader([first])
    await second.run(({ close }) => close())
    await first.run(({ close }) => close())
    await leader([third])
    expect(await leadersOf([second])).toEqual([])
    const late = await second.run(({ whenLeading }) =>
      Promise.race([
        whenLeading().then(() => 'leads'),
        new Promise((resolve) => setTimeout(resolve, 50, 'waits')),
      ]),
    )
    expect(late).toBe('waits')
    expect([...first.errors, ...second.errors, ...third.errors]).toEqual([])
  })

  test('messages reach the other tabs of the same name, and not oneself', async () => {
    const tabs = [await openTab(), await openTab(), await openTab()]
    const stranger = await openTab('bob')
    for (const [index, tab] of tabs.entries()) {
      await tab.run(({ post }, index) => post({ from: index, list: [null, { a: 'é😀' }] }), index)
    }
    const heard = (tab: Tab<Exports>) => tab.run(({ messages }) => messages() as { from: number }[])
    const others = [
      [1, 2],
      [0, 2],
      [0, 1],
    ]
    for (const [index, tab] of tabs.entries()) {
      // Waits for the last of them. Messages of one tab come in order, those of several may not.
      await until(async () => (await heard(tab)).length >= 2)
      const messages = await heard(tab)
      expect(messages.map(({ from }) => from).toSorted()).toEqual(others[index])
      expect(messages[0]).toMatchObject({ list: [null, { a: 'é😀' }] })
    }
    expect(await heard(stranger)).toEqual([])
    expect([...tabs, stranger].flatMap((tab) => tab.errors)).toEqual([])
  })

  test('after close there is nothing to hear or to say', async () => {
    const [first, second, third] = [await openTab(), await openTab(), await openTab()]
    await second.run(({ close }) => close())
    await second.run(({ post }) => post('from the closed one'))
    await first.run(({ post }) => post('from the first'))
    await until(async () => (await third.run(({ messages }) => messages().length)) > 0)
    expect(await third.run(({ messages }) => messages())).toEqual(['from the first'])
    expect(await second.run(({ messages }) => messages())).toEqual([])
    expect([first, second, third].flatMap((tab) => tab.errors)).toEqual([])
  })

  test('other names, other browsers and storage that is not shared have leaders of their own', async () => {
    const first = await openTab('alice')
    const tabs = [await openTab('bob'), await openTab('alice', false), await openTab('alice', false)]
    context = await browser.newContext()
    tabs.push(await openTab('alice'))
    for (const tab of [first, ...tabs]) await leader([tab])
  })
})
