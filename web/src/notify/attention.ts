import { onAttention } from '../browser/attention'

const VISIBLE = 'nudge visible'
const reads = (sessionId: string) => `nudge reads ${sessionId}`
const tells = (id: string) => `nudge tells ${id}`
/** How long (ms) a message counts as told of: all tabs hear of it within that. */
const TELLING_MS = 5000

export interface Look {
  /** Some tab can be seen. */
  isAnyVisible: boolean
  /** Whether somebody is before this session, in whatever tab. */
  isReading(sessionId: string): boolean
}

/**
 * What the user looks at, in all tabs of this browser, so that one of them tells of a message and none when it is
 * read already. Tabs say it by Web Locks, which end with them; where a page has none, it knows of itself alone, as
 * the SDK does.
 */
export class Attention {
  readonly #locks: LockManager | undefined = navigator.locks
  #open: string | undefined
  #releases: (() => void)[] = []
  readonly #off: () => void

  constructor() {
    this.#off = onAttention(() => this.#update())
    this.#update()
  }

  /** The session that is on this tab's screen. */
  setOpen(sessionId: string | undefined): void {
    this.#open = sessionId
    this.#update()
  }

  async look(): Promise<Look> {
    const held = new Set(this.#here())
    for (const { name } of (await this.#locks?.query().catch(() => undefined))?.held ?? [])
      if (name) held.add(name)
    return { isAnyVisible: held.has(VISIBLE), isReading: (sessionId) => held.has(reads(sessionId)) }
  }

  /** Whether it is this tab that tells of a message; true in one tab only. */
  async claim(messageId: string): Promise<boolean> {
    if (!this.#locks) return true
    return new Promise((resolve) => {
      const decide = async (lock: Lock | null) => {
        resolve(lock !== null)
        if (lock) await new Promise((done) => setTimeout(done, TELLING_MS))
      }
      this.#locks?.request(tells(messageId), { ifAvailable: true }, decide).catch(() => resolve(true))
    })
  }

  close(): void {
    this.#off()
    this.#release()
  }

  #here(): string[] {
    if (document.hidden) return []
    return this.#open !== undefined && document.hasFocus() ? [VISIBLE, reads(this.#open)] : [VISIBLE]
  }

  #update(): void {
    this.#release()
    for (const name of this.#here()) this.#hold(name)
  }

  #hold(name: string): void {
    const ended = new AbortController()
    this.#releases.push(() => ended.abort())
    const { signal } = ended
    const untilEnded = () =>
      signal.aborted ? undefined : new Promise<void>((done) => signal.addEventListener('abort', () => done()))
    this.#locks?.request(name, { mode: 'shared', signal }, untilEnded).catch(() => {})
  }

  #release(): void {
    for (const release of this.#releases.splice(0)) release()
  }
}
