import { type Client, NudgeError } from 'nudge-sdk'
import { forgetDrafts } from '../chat/composer/drafts'
import type { Answer, SelectedConversation, TransferredUser } from './host-link'

/** Where a page in a frame stands: who is there, and what is to be shown. */
export interface GuestView {
  stage: /** The page around it has not yet said who is there. */
    | { is: 'waiting' }
    | { is: 'binding' }
    | { is: 'bound'; client: Client; user: TransferredUser }
    | { is: 'failed'; error: unknown; retry(): void }
  selected?: SelectedConversation
}

/**
 * The user of a page in a frame, whom the page around it names. Each has a client and a memory of his own: nothing of
 * one user is left for the next, and nothing of what this browser keeps for the app is touched.
 */
export class Guest {
  /** Another object after every change. */
  view: GuestView
  #client: Client | undefined
  /** Who was bound last. What they began to write stays until somebody else is named, or their login ends. */
  #lastId: string | undefined
  readonly #listeners = new Set<() => void>()

  /** `newClient`: with a storage that nobody shares. */
  constructor(
    private readonly newClient: () => Client,
    selected?: SelectedConversation,
  ) {
    this.view = { stage: { is: 'waiting' }, ...(selected && { selected }) }
  }

  subscribe = (onChange: () => void): (() => void) => {
    this.#listeners.add(onChange)
    return () => this.#listeners.delete(onChange)
  }

  /** Remembered until somebody is bound. */
  select(selected: SelectedConversation): void {
    this.#show({ selected })
  }

  /** Takes the place of whoever was there before, whose login goes on wherever it was begun. */
  async bind(user: TransferredUser, answer: (answer: Answer) => void): Promise<void> {
    const { stage } = this.view
    if (stage.is === 'bound' && stage.user.userId === user.userId && stage.user.token === user.token) {
      return answer({ action: 'bindUserSuccess' })
    }
    const before = this.#client
    const client = this.newClient()
    this.#client = client
    /** Somebody else has been named meanwhile. */
    const isPast = () => this.#client !== client
    const fail = (error: unknown) => {
      if (isPast()) return
      this.#client = undefined
      this.#show({ stage: { is: 'failed', error, retry: () => void this.bind(user, answer) } })
      const code = error instanceof NudgeError ? error.code : 'Internal'
      answer({ action: 'bindUserFailure', payload: { code } })
    }
    this.#show({ stage: { is: 'binding' } })
    if (this.#lastId !== undefined && this.#lastId !== user.userId) forgetDrafts(this.#lastId)
    await before?.close()
    try {
      await client.loginWithToken({ userId: user.userId, token: user.token })
    } catch (error) {
      fail(error)
      return client.close()
    }
    if (isPast()) return client.close()
    this.#lastId = user.userId
    client.on('loggedOut', () => {
      if (!isPast()) forgetDrafts(user.userId)
      fail(new NudgeError('InvalidToken', 'the login has ended'))
      void client.close()
    })
    this.#show({ stage: { is: 'bound', client, user } })
    answer({ action: 'bindUserSuccess' })
  }

  #show(change: Partial<GuestView>): void {
    this.view = { ...this.view, ...change }
    for (const listener of this.#listeners) listener()
  }
}
