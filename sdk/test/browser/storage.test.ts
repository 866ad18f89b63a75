import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals'
import type { BrowserContext } from 'playwright-core'
import type { Storage, StorageAdapter } from '../../src/store/storage.js'
import { bundle, describeInBrowser, Tab, until } from '../helpers/browser.js'
import { describeStorage } from '../helpers/storage-suite.js'
import type { Kind } from './storage-page.js'

type Exports = typeof import('./storage-page.js')
const ENTRY = new URL('./storage-page.ts', import.meta.url)

/** The storage of a page, used from here. */
function storageIn(tab: Tab<Exports>, kind: Kind): StorageAdapter {
  return {
    isShared: true,
    keepsFiles: false,
    messagesPerSession: 0,
    async open(name): Promise<Storage> {
      const id = await tab.run(({ open }, { kind, name }) => open(kind, name), { kind, name })
      return {
        get: (key) => tab.run(({ get }, { id, key }) => get(id, key), { id, key }),
        list: (range) => tab.run(({ list }, { id, range }) => list(id, range), { id, range }),
        // Copied now: it is sent a moment later.
        write: (writes) =>
          tab.run(({ write }, input) => write(input.id, input.writes), structuredClone({ id, writes })),
        clear: (prefix) => tab.run(({ clear }, { id, prefix }) => clear(id, prefix), { id, prefix }),
        close: () => tab.run(({ close }, id) => close(id), id),
      }
    },
  }
}

describeInBrowser('storage in a browser', (browser) => {
  const site = browser.serve<Exports>(ENTRY)

  describe.each<[kind: Kind]>([['indexedDb'], ['localStorage']])('%s', (kind) => {
    describe('in one tab', () => {
      // One for all these tests, which have names of their own instead: a new tab for each takes far longer.
      let shared: BrowserContext
      let tab: Tab<Exports>
      let count = 0
      beforeAll(async () => {
        shared = await browser.playwright.newContext()
        tab = await browser.openTab(shared, site)
      })
      afterAll(() => shared?.close())

      const newAdapter = (): StorageAdapter => {
        const adapter = storageIn(tab, kind)
        const own = `${++count}/`
        return { ...adapter, open: (name) => adapter.open(own + name) }
      }
      describeStorage('does what every storage does', newAdapter, { runs: 40 })
      test('without an error in the console', () => expect(tab.errors).toEqual([]))
    })

    let context: BrowserContext
    beforeEach(async () => {
      context = await browser.newContext()
    })
    const openTab = () => browser.openTab(context, site)
    const openIn = async (tab: Tab<Exports>, name = 'alice') => storageIn(tab, kind).open(name)

    test('tabs see what the others write, and so does a reloaded one', async () => {
      const [first, second] = [await openTab(), await openTab()]
      const [mine, theirs] = [await openIn(first), await openIn(second)]
      await mine.write([['a', 1]])
      await theirs.write([['b', 2]])
      // What one process of a browser keeps shows in another a moment later.
      await until(async () => (await mine.list({ prefix: '' })).length === 2)
      await first.page.reload()
      const again = await openIn(first)
      expect(await again.list({ prefix: '' })).toEqual([
        ['a', 1],
        ['b', 2],
      ])
      expect([...first.errors, ...second.errors]).toEqual([])
    })

    test('what the caller does to a value after the call is not kept', async () => {
      const tab = await openTab()
      await tab.run(async ({ open, write }, kind) => {
        const id = await open(kind, 'alice')
        const value = { list: [1] }
        const first = write(id, [['first', value]])
        value.list.push(2)
        const second = write(id, [['second', value]])
        value.list.push(3)
        await Promise.all([first, second])
      }, kind)
      expect(await (await openIn(tab)).list({ prefix: '' })).toEqual([
        ['first', { list: [1] }],
        ['second', { list: [1, 2] }],
      ])
    })

    test('tabs that write the same keys at once leave the batch of one of them', async () => {
      const tabs = [await openTab(), await openTab(), await openTab()]
      const storages = await Promise.all(tabs.map((tab) => openIn(tab)))
      for (let round = 0; round < 30; round++) {
        await Promise.all(
          storages.map((storage, index) =>
            storage.write(['a', 'b', 'c', 'd'].map((key) => [key, `${round} by ${index}`])),
          ),
        )
      }
      const late = await openIn(await openTab())
      expect(new Set((await late.list({ prefix: '' })).map(([, value]) => value)).size).toBe(1)
    })

    /** Each ends a page that is writing. */
    const ENDS: Record<string, (tab: Tab<Exports>) => Promise<unknown>> = {
      'is closed': (tab) => tab.page.close({ runBeforeUnload: false }),
      'goes elsewhere': (tab) => tab.page.goto('about:blank'),
      'is reloaded': (tab) => tab.page.reload(),
      'loses its process': async (tab) => {
        const crashed = tab.page.waitForEvent('crash')
        const session = await browser.playwright.newBrowserCDPSession()
        // All that show pages: they are this test's.
        const renderers = async () => {
          const { processInfo } = await session.send('SystemInfo.getProcessInfo')
          return processInfo.filter(({ type }) => type === 'renderer').map(({ id }) => id)
        }
        const killed = await renderers()
        for (const id of killed) process.kill(id, 'SIGKILL')
        // The browser keeps one ready for the next page, and must not take that one.
        await until(async () => !(await renderers()).some((id) => killed.includes(id)))
        await session.detach()
        await crashed
      },
    }

    test.each(Object.keys(ENDS))('a page that %s while it writes leaves whole batches', async (end) => {
      const count = 200
      let last = 0
      for (let round = 0; round < 2; round++) {
        const tab = await openTab()
        let done = last
        await tab.page.exposeFunction('onDone', (n: number) => {
          done = n
        })
        let hasEnded = false
        tab
          .run(
            ({ writeForEver }, { kind, count }) =>
              writeForEver(kind, count, (globalThis as unknown as { onDone: (n: number) => void }).onDone),
            { kind, count },
          )
          .catch(() => {
            hasEnded = true
          })
        await until(() => done > last || hasEnded)
        expect(hasEnded).toBe(false)
        await new Promise((resolve) => setTimeout(resolve, 5 * round))
        await ENDS[end]?.(tab)
        // What a page puts into localStorage may still be on its way when its process is ended.
        const atLeast = kind === 'localStorage' ? last : done

        const reader = await openTab()
        const rows = await (await openIn(reader, 'kill')).list({ prefix: '' })
        const [number, ...others] = new Set(rows.map(([, value]) => value as number))
        expect([rows.length, others]).toEqual([count, []])
        expect(number).toBeGreaterThanOrEqual(atLeast)
        last = number as number
        await reader.page.close()
        await tab.page.close()
      }
    })
  })
})

describeInBrowser('IndexedDB', (browser) => {
  const site = browser.serve<Exports>(ENTRY)
  let context: BrowserContext
  let tab: Tab<Exports>
  let storage: Storage
  beforeEach(async () => {
    context = await browser.newContext()
    tab = await browser.openTab(context, site)
    storage = await storageIn(tab, 'indexedDb').open('alice')
    await storage.write([['a', 1]])
  })

  test('keeps files over a reload', async () => {
    await tab.run(async ({ open, write }) => {
      const file = new File(['hello'], 'hello.txt', { type: 'text/plain' })
      await write(await open('indexedDb', 'files'), [['upload', { file, blob: new Blob(['there']) }]])
    })
    await tab.page.reload()
    const found = await tab.run(async ({ open, get }) => {
      const { file, blob } = (await get(await open('indexedDb', 'files'), 'upload')) as {
        file: File
        blob: Blob
      }
      return [file instanceof File, file.name, file.type, await file.text(), await blob.text()]
    })
    expect(found).toEqual([true, 'hello.txt', 'text/plain', 'hello', 'there'])
  })

  test('a batch with something that cannot be kept changes nothing', async () => {
    const message = await tab.run(async ({ open, write }) => {
      const batch: [string, unknown][] = [
        ['a', 2],
        ['b', 2],
        ['c', () => {}],
        ['d', 2],
      ]
      return write(await open('indexedDb', 'alice'), batch).then(
        () => 'written',
        (error: Error) => error.name,
      )
    })
    expect(message).toBe('DataCloneError')
    expect(await storage.list({ prefix: '' })).toEqual([['a', 1]])
    expect(tab.errors).toEqual([])
  })

  test.each([true, false])(
    'a connection that the browser ended is made again (told of it: %s)',
    async (isTold) => {
      const lose = () => tab.run(({ loseConnections }, input) => loseConnections(input), { isTold })
      expect(await lose()).toBe(1)
      const answers = await Promise.all([
        storage.get('a'),
        storage.write([['b', 2]]),
        storage.list({ prefix: '' }),
        storage.clear('a'),
      ])
      expect(answers.slice(0, 3)).toEqual([
        1,
        undefined,
        [
          ['a', 1],
          ['b', 2],
        ],
      ])
      // One for all of them.
      expect(await lose()).toBe(1)
      expect(await storage.list({ prefix: '' })).toEqual([['b', 2]])
      expect(tab.errors).toEqual([])
    },
  )

  test('lets another tab delete the data, and says so instead of going on with half of them', async () => {
    const other = await browser.openTab(context, site)
    await other.run(({ deleteDatabase }) => deleteDatabase('nudge:alice'))
    const gone = 'The stored data were deleted while in use. Reload the page.'
    await expect(storage.write([['cursor', 7]])).rejects.toThrow(gone)
    await expect(storage.get('a')).rejects.toThrow(gone)

    // Also when somebody starts anew meanwhile.
    const fresh = await storageIn(other, 'indexedDb').open('alice')
    await expect(storage.get('a')).rejects.toThrow(gone)
    expect(await fresh.list({ prefix: '' })).toEqual([])
    await tab.page.reload()
    await fresh.write([['b', 2]])
    const again = await storageIn(tab, 'indexedDb').open('alice')
    expect(await again.get('b')).toBe(2)
    expect([...tab.errors, ...other.errors]).toEqual([])
  })

  test('says so when the user deletes what the site has stored', async () => {
    const session = await context.newCDPSession(tab.page)
    const { origin } = new URL(site.url)
    await session.send('Storage.clearDataForOrigin', { origin, storageTypes: 'indexeddb' })
    await expect(storage.get('a')).rejects.toThrow('The stored data were deleted while in use.')
    expect(tab.errors).toEqual([])
  })

  test('makes way for a newer version in another tab', async () => {
    const other = await browser.openTab(context, site)
    await other.run(({ upgradeDatabase }) => upgradeDatabase('nudge:alice'))
    const newer = 'Another tab runs a newer version of this app. Reload the page.'
    await expect(storage.get('a')).rejects.toThrow(newer)
    await expect(storageIn(other, 'indexedDb').open('alice')).rejects.toThrow(newer)
    expect([...tab.errors, ...other.errors]).toEqual([])
  })

  test('says so where the browser allows no storage', async () => {
    // An empty page is of no origin, so there is nothing that it could store things under.
    const stranger = new Tab<Exports>(await context.newPage())
    await stranger.page.evaluate(
      async (script) => {
        const url = `data:text/javascript,${encodeURIComponent(script)}`
        Object.assign(globalThis, { nudge: await import(url) })
      },
      await bundle(fileURLToPath(ENTRY)),
    )
    const indexedDb = storageIn(stranger, 'indexedDb').open('alice')
    await expect(indexedDb).rejects.toThrow(/IndexedDB cannot be opened: .*denied/)
    const localStorage = storageIn(stranger, 'localStorage').open('alice')
    await expect(localStorage).rejects.toThrow('There is no localStorage here, or it may not be used.')
  })
})
