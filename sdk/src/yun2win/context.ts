import type { GateObject, ListObject } from '../../../shared/wire/objects.js'
import { Files } from '../http/files.js'
import { type Fetch, Rest } from '../http/rest.js'
import { pushAddress } from '../link/gate.js'
import { webSocketTransport } from '../link/websocket.js'
import type { BackOffOptions } from '../sync/back-off.js'
import type { Y2wIMBridge } from './bridge.js'
import { Cache } from './cache.js'
import type { CurrentUser } from './current-user.js'
import { rootOf, TIMING, type Yun2winOptions, type Yun2winTiming } from './settings.js'
import { Users } from './users.js'

/** As many rows as the server gives at a time. */
const PAGE = 1000

/** What everything of one namespace shares: where the server is, what is kept, who is known. */
export class Context {
  readonly cache = new Cache(
    () => this.options.storage,
    () => rootOf(this.options),
  )
  readonly users: Users
  options: Yun2winOptions
  /** Makes one of this namespace's class. */
  newBridge!: (user: CurrentUser) => Y2wIMBridge
  /** What the gate said. */
  #pushUrl: Promise<string> | undefined

  constructor(options: Yun2winOptions) {
    this.options = options
    this.users = new Users(this)
  }

  configure(options: Yun2winOptions): void {
    this.options = { ...this.options, ...options }
    this.#pushUrl = undefined
  }

  get timing(): Yun2winTiming {
    return { ...TIMING, ...this.options.timing }
  }

  get backOff(): BackOffOptions {
    return { firstMs: this.timing.retryFirst, maxMs: this.timing.retryMax }
  }

  get transport() {
    return this.options.transport ?? webSocketTransport()
  }

  /** The API in the name of whoever has this token. */
  rest(token?: string, root: string = rootOf(this.options)): Rest {
    return new Rest({
      url: root,
      fetch: this.#fetch,
      timeoutMs: this.timing.request,
      token: () => token || undefined,
      onTokenRejected: () => {},
    })
  }

  files(token?: string): Files {
    return new Files(this.rest(token), this.#fetch, () => token)
  }

  /** What the lists that are pulled have in common: all pages, one after the other. Gives how many rows came. */
  async pull<Row>(
    { path, token, cursor }: { path: string; token: string; cursor(): number },
    take: (rows: Row[]) => void,
  ): Promise<number> {
    const rest = this.rest(token)
    for (let count = 0; ; ) {
      const query = { limit: PAGE }
      const page = await rest.ask<ListObject<Row>>({ path, query, cursor: cursor() })
      take(page.entries)
      count += page.entries.length
      if (page.entries.length === 0 || page.entries.length >= page.total_count) return count
    }
  }

  /** `isFresh`: where it was said to be it is not. */
  async pushUrl(isFresh: boolean): Promise<string> {
    const { pushUrl, gateUrl } = this.options
    if (pushUrl) return pushUrl
    if (isFresh) this.#pushUrl = undefined
    const root = rootOf(this.options)
    const gate = new URL(gateUrl ?? `${root}/gateHandler`)
    this.#pushUrl ??= this.rest(undefined, gate.origin)
      .ask<GateObject>({
        method: 'POST',
        path: `${gate.pathname}${gate.search}`,
        json: { oper: 'register' },
        isPublic: true,
      })
      .then(({ data }) => pushAddress(root, data.url))
    try {
      return await this.#pushUrl
    } catch (error) {
      this.#pushUrl = undefined
      throw error
    }
  }

  get #fetch(): Fetch {
    return this.options.fetch ?? ((input, init) => globalThis.fetch(input, init))
  }
}
