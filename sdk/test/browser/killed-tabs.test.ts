import { afterAll, beforeAll, expect, test } from '@jest/globals'
import { TestEnv } from '../../../test/helpers/test-env.js'
import { describeInBrowser, type Tab } from '../helpers/browser.js'
import { idOf, newClient, person } from '../helpers/clients.js'

type Exports = typeof import('./client-page.js')
type Device = Tab<Exports>

const ROUNDS = 5
const PER_ROUND = 12

describeInBrowser('tabs that are killed', (browser) => {
  const site = browser.serve<Exports>(new URL('./client-page.ts', import.meta.url))
  let env: TestEnv

  beforeAll(async () => {
    env = await TestEnv.start()
  })
  afterAll(() => env.close())

  test('lose nothing that was kept, double nothing, and leave the others in step', async () => {
    const bob = await person(env, 'bob')
    const account = 'alice@example.com'
    await newClient(env.url).register({ account, password: 'secret', name: 'alice' })
    const context = await browser.newContext()

    const start = async (isFirst = false): Promise<Device> => {
      const device = await browser.openTab(context, site)
      const options = {
        url: env.url,
        pushUrl: env.wsUrl,
        storage: 'indexedDb' as const,
        ...(isFirst && { account }),
      }
      await device.run(({ start }, given) => start(given), options)
      await device.run(({ openChat }, id) => openChat(id), idOf(bob))
      return device
    }
    /** In the middle of whatever it does. */
    const KILLS: ((device: Device) => Promise<unknown>)[] = [
      (device) => device.page.close({ runBeforeUnload: false }),
      (device) => device.page.goto('about:blank'),
      async (device) => {
        const crashed = device.page.waitForEvent('crash')
        const session = await context.newCDPSession(device.page)
        session.send('Page.crash').catch(() => {})
        await crashed
        await device.page.close()
      },
    ]

    const tabs = [await start(true), await start()]
    const written: string[] = []
    for (let round = 0; round < ROUNDS; round += 1) {
      // One after the other, now in this tab and now in that one.
      for (let n = 0; n < PER_ROUND; n += 1) {
        const words = String(round * PER_ROUND + n)
        written.push(words)
        const device = tabs[n % tabs.length] as Device
        await device.run(({ write }, given) => write(given), { userId: idOf(bob), words })
      }
      const victim = tabs.splice(round % tabs.length, 1)[0] as Device
      await KILLS[round % KILLS.length]?.(victim)
      tabs.push(await start())
    }

    const truth = async () => {
      const there = bob.conversations.items[0]?.session
      await there?.messages.open()
      while (there?.messages.hasMore) await there.messages.loadOlder(100)
      return [...(there?.messages ?? [])]
        .filter(({ senderId }) => senderId !== 'system')
        .map(({ preview }) => preview)
    }
    // A tab may die before what was written in it is kept: that is lost with it, and nothing else.
    const last = written.at(-1) as string
    const [survivor] = tabs as [Device]
    await survivor.run(({ say }, given) => say(given), { userId: idOf(bob), words: 'the end' })
    for (const device of tabs) {
      await device.page.waitForFunction(
        (id) =>
          (globalThis as unknown as { nudge: Exports }).nudge
            .chat(id)
            .then((lines) => lines.at(-1) === 'the end' && !lines.some((line) => line.includes('('))),
        idOf(bob),
      )
    }
    const stored = await truth()
    expect(new Set(stored).size).toBe(stored.length)
    expect(stored.length).toBeGreaterThan(written.length - ROUNDS * 2)
    expect(stored.slice(0, -1).every((words) => Number(words) <= Number(last))).toBe(true)
    for (const device of tabs) {
      const shown = await device.run(({ chat }, id) => chat(id), idOf(bob))
      expect(shown).toEqual(stored.slice(-shown.length))
    }
    // Each tab's own words stand in the order in which they were written there.
    for (const parity of [0, 1]) {
      const own = stored.filter((words) => words !== 'the end' && Number(words) % 2 === parity).map(Number)
      for (let round = 0; round < ROUNDS; round += 1) {
        const ofRound = own.filter((n) => Math.floor(n / PER_ROUND) === round)
        expect(ofRound).toEqual([...ofRound].sort((a, b) => a - b))
      }
    }
  })
})
