import type { Client, State, StatusEvent } from 'nudge-sdk'

/** `retryAt` (ms since 1970) only while it is offline. */
export type Status = Pick<StatusEvent, 'state' | 'retryAt'>

/** What a client has last said of its state, for who comes later. */
export interface StatusStore {
  get(): Status
  /** How often the client has become live since this was asked for first. */
  countOfLives(): number
  subscribe(onChange: () => void): () => void
}

type Told = Pick<Client, 'on'> & { readonly state: State }

const stores = new WeakMap<Told, StatusStore>()

/** One for each client. Knows nothing of what was before it was asked for first. */
export function statusOf(client: Told): StatusStore {
  const known = stores.get(client)
  if (known) return known
  const listeners = new Set<() => void>()
  let last: Status = { state: client.state }
  let lives = 0
  client.on('status', ({ state, previous, retryAt }) => {
    last = { state, ...(retryAt !== undefined && { retryAt }) }
    if (state === 'live' && previous !== 'live') lives += 1
    for (const listener of listeners) listener()
  })
  const store: StatusStore = {
    get() {
      // A login that ends tells of it a moment later.
      if (last.state !== client.state) last = { state: client.state }
      return last
    },
    countOfLives: () => lives,
    subscribe(onChange) {
      listeners.add(onChange)
      return () => listeners.delete(onChange)
    },
  }
  stores.set(client, store)
  return store
}
