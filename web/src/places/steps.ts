/** What an entry of the browser's history says of itself. It outlives reloads. */
interface Entry {
  /** How many entries of the app lie below it. */
  step: number
  /** It is there for something that lies over the page, and has the page's address. */
  isCover?: boolean
}

/** Something that lies over the page. Without a `step` its entry is still to be made. */
interface Cover {
  step?: number
  onBack(): void
}

/** How long (ms) the browser may take to go back. Where it cannot, it does not say so. */
const BACK_MS = 1000

type Navigate = (to: string, options?: { replace?: boolean; state?: unknown }) => void

/**
 * The app's steps in the history of this tab: whether there is one to go back to, and entries for what lies over a page,
 * so that Back closes that first. An entry whose cover is gone (after a reload, on the way Forward) leads back by itself.
 */
export class Steps {
  readonly #covers = new Set<Cover>()
  /** What was to be done while the browser was on its way back, and would have been done at the wrong entry. */
  readonly #later: (() => void)[] = []
  /** Runs while the browser is on its way back. */
  #leaving: ReturnType<typeof setTimeout> | undefined
  #step = 0

  /** Whoever has the page in a frame shares the history with it: then it is left alone. */
  constructor(
    private readonly page: Pick<Window, 'history' | 'addEventListener'>,
    private readonly isFramed = false,
  ) {
    if (isFramed) return
    this.#keep()
    page.addEventListener('popstate', () => this.#arrive())
    queueMicrotask(() => this.#settle())
  }

  /** Goes back to where in the app one was before. False: this is where one came in. */
  back(): boolean {
    if (this.isFramed || this.#step === 0) return false
    this.page.history.back()
    return true
  }

  /** For wouter's `aroundNav`. Who goes on from what lies over a page leaves that behind. */
  readonly around = (navigate: Navigate, to: string, options?: { replace?: boolean }): void => {
    if (this.#leaving !== undefined) {
      this.#later.push(() => this.around(navigate, to, options))
      return
    }
    const replace = options?.replace === true || this.#entry().isCover === true
    const step = replace ? this.#step : this.#step + 1
    this.#step = step
    navigate(to, { ...options, replace, state: { step } satisfies Entry })
  }

  /** Something lies over the page from now on, until Back (`onBack`) or the function that this returns takes it away. */
  cover(onBack: () => void): () => void {
    if (this.isFramed) return () => {}
    const cover: Cover = { onBack }
    this.#covers.add(cover)
    // Not at once: what is opened in the moment that something else closes takes over its entry.
    queueMicrotask(() => this.#settle())
    return () => {
      this.#covers.delete(cover)
      queueMicrotask(() => this.#settle())
    }
  }

  #entry(): Partial<Entry> {
    return this.page.history.state ?? {}
  }

  #arrive(): void {
    clearTimeout(this.#leaving)
    this.#leaving = undefined
    // A link outside of the app, or an address typed by hand, makes an entry that says nothing.
    if (this.#entry().step === undefined) this.#step += 1
    this.#keep()
    this.#settle()
    for (const act of this.#later.splice(0)) act()
  }

  /** The entry and this object know the same. */
  #keep(): void {
    const entry = this.#entry()
    if (entry.step === undefined) this.page.history.replaceState({ ...entry, step: this.#step }, '')
    else this.#step = entry.step
  }

  /** Covers and entries become what belongs to each other. */
  #settle(): void {
    if (this.#leaving !== undefined) return
    for (const cover of this.#covers) {
      if (cover.step === undefined || cover.step <= this.#step) continue
      this.#covers.delete(cover)
      cover.onBack()
    }
    const waiting = [...this.#covers].filter(({ step }) => step === undefined)
    if (this.#entry().isCover && ![...this.#covers].some(({ step }) => step === this.#step)) {
      const heir = waiting.shift()
      if (!heir) {
        this.#leave()
        return
      }
      heir.step = this.#step
    }
    for (const cover of waiting) {
      this.#step += 1
      cover.step = this.#step
      this.page.history.pushState({ step: this.#step, isCover: true } satisfies Entry, '')
    }
  }

  #leave(): void {
    this.#leaving = setTimeout(() => {
      this.page.history.replaceState({ step: this.#step } satisfies Entry, '')
      this.#arrive()
    }, BACK_MS)
    this.page.history.back()
  }
}
