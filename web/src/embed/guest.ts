import { type Client, memoryStorage, NudgeError, type StorageAdapter } from 'nudge-sdk'
import { forgetUser } from '../account/forget-user'
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
 * The user of a page in a frame, whom the page around it names. Each login has a client, and each user a memory of his
 * own, which lasts until somebody else is named: what waits to be sent outlives a login. Nothing of one user is left for
 * the next, and nothing of what this browser keeps for the app is touched.
 */
export class Guest {
  /** Another object after every change. */
  view: GuestView
  #client: Client | undefined
  /** Of whoever was named last. */
  #memory: { userId: string; storage: StorageAdapter } | undefined
  readonly #listeners = new Set<() => void>()

  constructor(
    private readonly newClient: (storage: StorageAdapter) => Client,
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
    const client = this.newClient(this.#memoryOf(user.userId))
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
    await before?.close()
    try {
      await client.loginWithToken({ userId: user.userId, token: user.token })
    } catch (error) {
      fail(error)
      return client.close()
    }
    if (isPast()) return client.close()
    client.on('loggedOut', () => {
      fail(new NudgeError('InvalidToken', 'the login has ended'))
      void client.close()
    })
    this.#show({ stage: { is: 'bound', client, user } })
    answer({ action: 'bindUserSuccess' })
  }

  #memoryOf(userId: string): StorageAdapter {
    if (this.#memory?.userId !== userId) {
      if (this.#memory) forgetUser(this.#memory.userId)
      this.#memory = { userId, storage: memoryStorage() }
    }
    return this.#memory.storage
  }

  #show(change: Partial<GuestView>): void {
    this.view = { ...this.view, ...change }
    for (const listener of this.#listeners) listener()
  }
}
