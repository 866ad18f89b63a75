import { type Client, NudgeError } from 'nudge-sdk'

/** What the server says of somebody whom this device knows nothing of. */
export interface Stranger {
  name: string
  avatarUrl: string
  /** The server knows of nobody either. */
  isGone: boolean
}

const ofClients = new WeakMap<Client, Strangers>()

/** Those of a client: all that show people share them, so that the server is asked once a page. */
export function strangersOf(client: Client): Strangers {
  const strangers = ofClients.get(client) ?? new Strangers(client)
  ofClients.set(client, strangers)
  return strangers
}

export class Strangers {
  readonly #known = new Map<string, Stranger>()
  readonly #asked = new Map<string, Promise<Stranger | undefined>>()

  constructor(private readonly client: Pick<Client, 'users'>) {}

  /** Undefined until the server has been asked. */
  get(userId: string): Stranger | undefined {
    return this.#known.get(userId)
  }

  /** Asks the server, unless that was done. Undefined when it gives no answer: the next to want it asks again. */
  fetch(userId: string): Promise<Stranger | undefined> {
    const asked = this.#asked.get(userId) ?? this.#ask(userId)
    this.#asked.set(userId, asked)
    return asked
  }

  async #ask(userId: string): Promise<Stranger | undefined> {
    try {
      const { name, avatarUrl } = await this.client.users.fetch(userId)
      this.#known.set(userId, { name, avatarUrl, isGone: false })
    } catch (error) {
      if (error instanceof NudgeError && error.code === 'NotFound') {
        this.#known.set(userId, { name: '', avatarUrl: '', isGone: true })
      } else this.#asked.delete(userId)
    }
    return this.#known.get(userId)
  }
}
