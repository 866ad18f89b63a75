import { describe, expect, jest, test } from '@jest/globals'
import { Steps } from './steps.js'

interface Entry {
  state: unknown
  path: string
}

/** A tab's history, which goes back and forth a moment after it was asked to, as browsers do. */
class Tab {
  #entries: Entry[] = [{ state: null, path: '/chats' }]
  #at = 0
  #onPopState = () => {}
  readonly page: Pick<Window, 'history' | 'addEventListener'>

  constructor() {
    const tab = this
    const history = {
      get state() {
        return tab.#entries[tab.#at]?.state
      },
      pushState: (state: unknown) => this.#push({ state, path: this.path }),
      replaceState: (state: unknown) => this.#replace({ state, path: this.path }),
      back: () => void this.go(-1),
    }
    this.page = {
      history: history as unknown as History,
      addEventListener: (_: string, listener: unknown) => {
        this.#onPopState = listener as () => void
      },
    }
  }

  get path(): string {
    return (this.#entries[this.#at] as Entry).path
  }

  /** The paths up to here; `+` for what lies over one. */
  get trail(): string {
    return this.#entries
      .slice(0, this.#at + 1)
      .map(({ state, path }) => ((state as { isCover?: boolean }).isCover ? '+' : path))
      .join(' ')
  }

  /** As wouter does it. */
  readonly navigate = (path: string, { replace = false, state = null as unknown } = {}) => {
    if (replace) this.#replace({ state, path })
    else this.#push({ state, path })
  }

  /** By an address that is typed in, or a notification. */
  readonly jump = (path: string) => {
    this.#push({ state: null, path })
    this.#onPopState()
  }

  /** By the browser's own buttons. Resolves when everything has come to rest. */
  async go(by: number): Promise<void> {
    await new Promise((resolve) => setTimeout(resolve, 1))
    if (!this.#entries[this.#at + by]) return
    this.#at += by
    this.#onPopState()
    await settled()
  }

  #push(entry: Entry): void {
    this.#at += 1
    this.#entries = [...this.#entries.slice(0, this.#at), entry]
  }

  #replace(entry: Entry): void {
    this.#entries[this.#at] = entry
  }
}

const settled = () => new Promise((resolve) => setTimeout(resolve, 20))

function open(isFramed = false) {
  const tab = new Tab()
  const steps = new Steps(tab.page, isFramed)
  const to = (path: string, replace = false) => steps.around(tab.navigate, path, { replace })
  return { tab, steps, to }
}

describe('back in the app', () => {
  test('leads to where one was before, and nowhere from where one came in', async () => {
    const { tab, steps, to } = open()
    expect(steps.back()).toBe(false)
    to('/groups')
    to('/chats/7')
    expect(steps.back()).toBe(true)
    await settled()
    expect(tab.path).toBe('/groups')
    to('/groups/all', true)
    steps.back()
    await settled()
    expect(tab.path).toBe('/chats')
    expect(steps.back()).toBe(false)
  })

  test('knows of steps that were taken past the app, and before a reload', async () => {
    const { tab, to } = open()
    to('/contacts')
    tab.jump('/chats/8')
    const steps = new Steps(tab.page)
    expect(steps.back()).toBe(true)
    await settled()
    expect(tab.path).toBe('/contacts')
    await tab.go(1)
    expect(tab.path).toBe('/chats/8')
  })
})

describe('what lies over a page', () => {
  test('goes by Back, and Forward does not bring it again', async () => {
    const { tab, steps, to } = open()
    to('/chats/7')
    const onBack = jest.fn()
    const uncover = steps.cover(onBack)
    await settled()
    expect(tab.trail).toBe('/chats /chats/7 +')
    await tab.go(-1)
    expect(onBack).toHaveBeenCalledTimes(1)
    uncover()
    await settled()
    expect(tab.trail).toBe('/chats /chats/7')
    await tab.go(1)
    expect(tab.trail).toBe('/chats /chats/7')
    expect(onBack).toHaveBeenCalledTimes(1)
  })

  test('takes its entry with it when it is closed otherwise', async () => {
    const { tab, steps } = open()
    const onBack = jest.fn()
    const uncover = steps.cover(onBack)
    await settled()
    uncover()
    await settled()
    expect(tab.trail).toBe('/chats')
    expect(onBack).not.toHaveBeenCalled()
  })

  test('has one entry, however often it opens and closes at once', async () => {
    const { tab, steps } = open()
    steps.cover(() => {})()
    const uncover = steps.cover(() => {})
    await settled()
    expect(tab.trail).toBe('/chats +')
    uncover()
    const onBack = jest.fn()
    steps.cover(onBack)
    await settled()
    expect(tab.trail).toBe('/chats +')
    await tab.go(-1)
    expect(onBack).toHaveBeenCalledTimes(1)
  })

  test('is not closed by the way back of what was closed just before', async () => {
    const { tab, steps } = open()
    const uncover = steps.cover(() => {})
    await settled()
    uncover()
    await Promise.resolve()
    const onBack = jest.fn()
    steps.cover(onBack)
    await settled()
    expect(tab.trail).toBe('/chats +')
    expect(onBack).not.toHaveBeenCalled()
  })

  test('is left behind by who goes on from there, at once or a moment after it has closed', async () => {
    const { tab, steps, to } = open()
    to('/chats/7')
    const uncover = steps.cover(() => {})
    await settled()
    to('/contacts/2')
    uncover()
    await settled()
    expect(tab.trail).toBe('/chats /chats/7 /contacts/2')
    const uncoverOther = steps.cover(() => {})
    await settled()
    uncoverOther()
    await Promise.resolve()
    to('/groups')
    await settled()
    expect(tab.trail).toBe('/chats /chats/7 /contacts/2 /groups')
  })

  test('may lie over each other', async () => {
    const { tab, steps } = open()
    const [lower, upper] = [jest.fn(), jest.fn()]
    steps.cover(lower)
    await settled()
    steps.cover(upper)
    await settled()
    expect(tab.trail).toBe('/chats + +')
    await tab.go(-1)
    expect([lower, upper].map((each) => each.mock.calls.length)).toEqual([0, 1])
    await tab.go(-1)
    expect([lower, upper].map((each) => each.mock.calls.length)).toEqual([1, 1])
  })

  test('is gone after a reload, with its entry', async () => {
    const { tab, steps, to } = open()
    to('/chats/7')
    steps.cover(() => {})
    await settled()
    new Steps(tab.page)
    await settled()
    expect(tab.trail).toBe('/chats /chats/7')
  })

  test('is passed on the way back from where one came past the app', async () => {
    const { tab, steps, to } = open()
    to('/chats/7')
    const uncover = steps.cover(() => {})
    await settled()
    tab.jump('/chats/8')
    uncover()
    await settled()
    expect(tab.trail).toBe('/chats /chats/7 + /chats/8')
    await tab.go(-1)
    expect(tab.trail).toBe('/chats /chats/7')
  })

  test('has no entry in a frame, where the history is of the page around it', async () => {
    const { tab, steps } = open(true)
    const onBack = jest.fn()
    steps.cover(onBack)()
    await settled()
    expect(tab.path).toBe('/chats')
    expect(steps.back()).toBe(false)
  })
})
