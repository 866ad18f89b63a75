import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals'
import type { BrowserContext } from 'playwright-core'
import { TestEnv } from '../../../test/helpers/test-env.js'
import { describeInBrowser, type Tab } from '../helpers/browser.js'
import { hears, idOf, newClient, type TestClient } from '../helpers/clients.js'
import type { Start } from './client-page.js'

type Exports = typeof import('./client-page.js')
type Device = Tab<Exports>

describeInBrowser('the SDK in a browser', (browser) => {
  const site = browser.serve<Exports>(new URL('./client-page.ts', import.meta.url))
  let env: TestEnv
  let context: BrowserContext
  let count = 0
  /** In Node, logged in. */
  let bob: TestClient
  let account: string

  beforeAll(async () => {
    env = await TestEnv.start()
  })
  afterAll(() => env.close())
  beforeEach(async () => {
    count += 1
    context = await browser.newContext()
    account = `alice${count}@example.com`
    bob = newClient(env.url, { pushUrl: env.wsUrl })
    await bob.register({ account, password: 'secret', name: 'alice' })
    await bob.register({ account: `bob${count}@example.com`, password: 'secret', name: 'bob' })
    await bob.login({ account: `bob${count}@example.com`, password: 'secret' })
    await bob.until('live')
  })

  /** A tab where alice is logged in, or logs in. */
  async function tab(storage: Start['storage'], isFirst = false): Promise<Device> {
    const opened = await browser.openTab(context, site)
    await start(opened, storage, isFirst)
    return opened
  }

  async function start(device: Device, storage: Start['storage'], isFirst = false): Promise<void> {
    const options = { url: env.url, pushUrl: env.wsUrl, storage, ...(isFirst && { account }) }
    await device.run(({ start }, given) => start(given), options)
  }

  const live = (device: Device) => device.run(({ untilLive }) => untilLive())
  const openChat = (device: Device) => device.run(({ openChat }, id) => openChat(id), idOf(bob))
  const say = (device: Device, words: string) =>
    device.run(({ say }, given) => say(given), { userId: idOf(bob), words })
  const untilChat = (device: Device, ...shows: string[]) =>
    device.run(({ untilChat }, given) => untilChat(given), { userId: idOf(bob), shows })
  const told = (device: Device) => device.run(({ told }) => told())

  async function bobSays(words: string): Promise<void> {
    const session = await bob.sessions.p2p(await aliceId())
    await session.sendText(words).whenStored()
  }
  const aliceId = async () => (await bob.users.search(account))[0]?.id ?? ''

  async function expectNoTrouble(...devices: Device[]): Promise<void> {
    for (const device of devices) {
      expect(device.errors.filter((error) => !error.includes('net::ERR'))).toEqual([])
      expect((await told(device)).errors).toEqual([])
    }
  }

  describe.each(['indexedDb', 'localStorage'] as const)('%s', (storage) => {
    test('two tabs show the same: one of them syncs, the other follows it', async () => {
      const first = await tab(storage, true)
      await live(first)
      const second = await tab(storage)
      await live(second)
      for (const device of [first, second]) await openChat(device)
      await bobSays('hello')
      for (const device of [first, second]) await untilChat(device, 'hello')
      await say(first, 'from the first')
      await say(second, 'from the second')
      for (const device of [first, second])
        await untilChat(device, 'hello', 'from the first', 'from the second')
      await hears(bob, 'from the second')
      expect(bob.heard).toEqual(['hello', 'from the first', 'from the second'])

      await second.run(({ addContact }, id) => addContact(id), idOf(bob))
      await first.run(({ untilContacts }) => untilContacts(1))
      await second.run(({ markRead }, id) => markRead(id), idOf(bob))
      await first.run(({ untilUnread }) => untilUnread(0))

      // The follower asks for nothing but what its own user did.
      const { requests, heard } = await told(second)
      expect(
        requests.filter((request) => request.startsWith('GET') && !/sessions\/\d+\/messages$/.test(request)),
      ).toEqual([])
      expect(heard).toEqual(['hello', 'from the first', 'from the second'])
      await expectNoTrouble(first, second)
    })

    test('what only a tab that follows looks at stays current there, also when the tab that syncs is another one', async () => {
      const first = await tab(storage, true)
      await live(first)
      const second = await tab(storage)
      const third = await tab(storage)
      const group = await bob.sessions.createGroup({ members: [await aliceId()] })
      const members = (device: Device, count: number) =>
        device.run(({ untilMembers }, given) => untilMembers(given), { sessionId: group.id, count })
      await members(third, 2)
      const grown = members(third, 3)
      await group.invite('carol@example.com')
      await grown
      await first.page.close({ runBeforeUnload: false })
      await live(second)
      const again = members(third, 4)
      await group.invite('dave@example.com')
      await again
      await expectNoTrouble(second, third)
    })

    test('when the tab that syncs is closed, the next one goes on from there', async () => {
      const first = await tab(storage, true)
      await live(first)
      const second = await tab(storage)
      await openChat(second)
      await bobSays('one')
      await untilChat(second, 'one')
      await first.page.close({ runBeforeUnload: false })
      await bobSays('two')
      await untilChat(second, 'one', 'two')
      await say(second, 'three')
      await untilChat(second, 'one', 'two', 'three')
      expect((await told(second)).heard).toEqual(['one', 'two', 'three'])
      await expectNoTrouble(second)
    })

    test('after a reload everything is there, offline too; what was written offline goes out in order, once', async () => {
      const device = await tab(storage, true)
      await live(device)
      await openChat(device)
      await bobSays('one')
      await untilChat(device, 'one')
      await context.setOffline(true)
      await device.run(({ untilState }) => untilState('offline'))
      for (const words of ['two', 'three', 'four']) {
        await device.run(({ write }, given) => write(given), { userId: idOf(bob), words })
      }
      const waiting = ['one', 'two (storing)', 'three (storing)', 'four (storing)']
      await untilChat(device, ...waiting)
      // The page itself comes from a server that is there again; the client finds no network.
      await device.page.route(`${env.url}/**`, (route) => route.abort())
      await context.setOffline(false)
      await device.page.reload()
      await start(device, storage)
      await device.run(({ openChat }, id) => openChat(id), idOf(bob))
      await untilChat(device, ...waiting)
      await device.page.unroute(`${env.url}/**`)
      await untilChat(device, 'one', 'two', 'three', 'four')
      await hears(bob, 'four')
      expect(bob.heard).toEqual(['one', 'two', 'three', 'four'])
      await live(device)
    })

    test('logging out in one tab logs out all, and leaves nothing', async () => {
      const first = await tab(storage, true)
      await live(first)
      const second = await tab(storage)
      await live(second)
      const ended = second.run(({ untilState }) => untilState('idle'))
      await first.run(({ logout }) => logout())
      await ended
      expect(await second.run(({ me }) => me())).toBeUndefined()
      expect(await first.run(({ kept }) => kept())).toEqual({ local: [] })
      await second.page.reload()
      await start(second, storage)
      expect(await second.run(({ me }) => me())).toBeUndefined()
    })
  })

  test('a file that waited is still there after a reload where the storage can keep it, and is told missing elsewhere', async () => {
    for (const storage of ['indexedDb', 'localStorage'] as const) {
      const device = await tab(storage, storage === 'indexedDb')
      if (storage === 'localStorage') {
        const options = { url: env.url, pushUrl: env.wsUrl, storage, account }
        await device.run(({ start }, given) => start(given), options)
      }
      await live(device)
      await openChat(device)
      await device.page.route('**/v1/attachments', (route) => route.abort())
      await device.run(({ sendFile }, given) => sendFile(given), { userId: idOf(bob), bytes: 1000 })
      await device.page.reload()
      await device.page.unroute('**/v1/attachments')
      await start(device, storage)
      await openChat(device)
      if (storage === 'indexedDb') await untilChat(device, '[file] zeros.bin')
      else await untilChat(device, '[file] zeros.bin', 'zeros.bin (storefailed)')
      await device.page.close()
    }
  })

  test('no network, and back: offline, then live, and nothing is missing', async () => {
    const device = await tab('indexedDb', true)
    await live(device)
    await openChat(device)
    await context.setOffline(true)
    await device.run(({ untilState }) => untilState('offline'))
    await bobSays('while you were away')
    await context.setOffline(false)
    await live(device)
    await untilChat(device, 'while you were away')
    const { states } = await told(device)
    expect(states.slice(0, 4)).toEqual(['connecting', 'catchingUp', 'live', 'offline'])
    expect(states.slice(-3)).toEqual(['connecting', 'catchingUp', 'live'])
  })
})
