import { expect, test } from '@jest/globals'
import { NudgeError } from '../errors.js'
import { Office } from './office.js'
import type { Tabs } from './tabs.js'

/** Tabs of one browser, without a browser. */
class Browser {
  #listeners = new Set<(message: unknown, from: Tabs) => void>()

  tab(): Tabs {
    const tab: Tabs = {
      lead: () => Promise.resolve(),
      post: (message) => {
        for (const listener of [...this.#listeners])
          queueMicrotask(() => listener(structuredClone(message), tab))
      },
      onMessage: (listener) => {
        const own = (message: unknown, from: Tabs) => {
          if (from !== tab) listener(message)
        }
        this.#listeners.add(own)
        return () => this.#listeners.delete(own)
      },
      close: () => {},
    }
    return tab
  }
}

function officeIn(browser: Browser, name: string) {
  return new Office(browser.tab(), {
    greet: async (whom: string) => `${name} greets ${whom}`,
    fail: async () => {
      throw new NudgeError('NotAllowed', `${name} may not`, 403)
    },
  })
}

test('the tab that leads does it, whoever asks', async () => {
  const browser = new Browser()
  const [leader, follower] = [officeIn(browser, 'leader'), officeIn(browser, 'follower')]
  leader.lead()
  expect(await follower.ask('greet', 'bob')).toBe('leader greets bob')
  expect(await leader.ask('greet', 'bob')).toBe('leader greets bob')
  await expect(follower.ask('fail')).rejects.toMatchObject({
    code: 'NotAllowed',
    status: 403,
    message: 'leader may not',
  })
})

test('what is asked before anybody leads, or of a leader that has closed, is done by the next one', async () => {
  const browser = new Browser()
  const [first, second, third] = [
    officeIn(browser, 'first'),
    officeIn(browser, 'second'),
    officeIn(browser, 'third'),
  ]
  const early = third.ask('greet', 'bob')
  first.lead()
  expect(await early).toBe('first greets bob')
  first.close()
  const orphaned = third.ask('greet', 'carol')
  const own = second.ask('greet', 'dave')
  second.lead()
  expect(await orphaned).toBe('second greets carol')
  expect(await own).toBe('second greets dave')
})

test('closing lets everybody go who waits', async () => {
  const office = officeIn(new Browser(), 'alone')
  const asked = office.ask('greet', 'bob')
  office.close()
  await expect(asked).rejects.toMatchObject({ code: 'Cancelled' })
})
