import { fileURLToPath } from 'node:url'
import { expect, test } from '@jest/globals'
import { bundle, describeInBrowser } from '../helpers/browser.js'

const fixture = (name: string) => new URL(`./fixtures/${name}.ts`, import.meta.url)

test.each([
  ['imports-node', /node:fs/],
  ['imports-builtin', /events/],
])('%s is no bundle for browsers', async (name, message) => {
  await expect(bundle(fileURLToPath(fixture(name)))).rejects.toThrow(message)
})

test('ws stays out, as the package asks', async () => {
  const script = await bundle(fileURLToPath(fixture('imports-ws')))
  expect(script).not.toMatch(/receiver|permessage-deflate/i)
})

describeInBrowser('the harness', (browser) => {
  const site = browser.serve<typeof import('./fixtures/greets.js')>(fixture('greets'))

  test('runs code with the exports of the entry file, also after a reload', async () => {
    const tab = await browser.openTab(await browser.newContext(), site)
    expect(await tab.run(({ greet }, name) => greet(name), 'alice')).toBe('hello alice')
    await tab.page.reload()
    expect(await tab.run(({ greet }) => greet('bob'))).toBe('hello bob')
    expect(await tab.run(() => isSecureContext && navigator.locks !== undefined)).toBe(true)
    expect(tab.errors).toEqual([])
  })

  test('tabs of a context share a storage, contexts do not', async () => {
    const context = await browser.newContext()
    const [first, second] = [await browser.openTab(context, site), await browser.openTab(context, site)]
    const stranger = await browser.openTab(await browser.newContext(), site)
    await first.run(() => localStorage.setItem('a', '1'))
    const read = () => localStorage.getItem('a')
    expect(await second.run(read)).toBe('1')
    expect(await stranger.run(read)).toBeNull()
  })

  test('keeps what went wrong in a page', async () => {
    const tab = await browser.openTab(await browser.newContext(), site)
    await tab.run(({ fail }) => fail())
    await tab.page.waitForFunction(() => (globalThis as unknown as { hasFailed?: boolean }).hasFailed)
    expect(tab.errors).toEqual(['said so', 'Error: thrown', 'Error: rejected'])
  })
})
