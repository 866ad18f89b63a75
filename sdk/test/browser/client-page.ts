import {
  type Client,
  createClient,
  indexedDbStorage,
  localStorageStorage,
  type Message,
  type Session,
} from '../../src/index.js'

export interface Start {
  url: string
  pushUrl: string
  storage: 'indexedDb' | 'localStorage'
  /** Undefined: whoever is logged in here goes on. */
  account?: string
}

let client: Client
const states: string[] = []
const heard: string[] = []
const requests: string[] = []
/** Errors the client told of. */
const errors: string[] = []

/** Resolves when the lists show what this browser has; with an account, when it is logged in. */
export async function start({ url, pushUrl, storage, account }: Start): Promise<void> {
  client = createClient({
    url,
    pushUrl,
    storage: storage === 'indexedDb' ? indexedDbStorage() : localStorageStorage(),
    timing: { retryFirst: 50, retryMax: 500 },
  })
  client.on('status', ({ state }) => states.push(state))
  client.on('message', (message) => {
    if (message.senderId !== 'system') heard.push(message.preview)
  })
  client.on('error', (error) => errors.push(`${error.code} ${error.message}`))
  client.on('trace', (trace) => {
    if (trace.kind === 'request') requests.push(`${trace.request.method} ${trace.request.path}`)
  })
  if (account) await client.login({ account, password: 'secret' })
  else await client.resume()
}

export const me = () => client.me?.name
export const untilLive = () => client.until('live')
export const untilState = (state: 'live' | 'offline' | 'idle') => client.until(state)
export const told = () => ({ states, heard, requests, errors })

const sessionWith = (userId: string): Promise<Session> => client.sessions.p2p(userId)

export async function openChat(userId: string): Promise<void> {
  await (await sessionWith(userId)).messages.open()
}

const lines = (items: readonly Message[]) =>
  items
    .filter(({ senderId }) => senderId !== 'system')
    .map(({ preview, status }) => (status === 'stored' ? preview : `${preview} (${status})`))

export async function chat(userId: string): Promise<string[]> {
  return lines((await sessionWith(userId)).messages.items)
}

/** Resolves when the open chat shows exactly this. */
export async function untilChat({ userId, shows }: { userId: string; shows: string[] }): Promise<void> {
  const { messages } = await sessionWith(userId)
  await messages.until((items) => JSON.stringify(lines(items)) === JSON.stringify(shows))
}

/** Resolves when it is stored. */
export async function say({ userId, words }: { userId: string; words: string }): Promise<void> {
  await (await sessionWith(userId)).sendText(words).whenStored()
}

/** Does not wait for it to be stored. */
export async function write({ userId, words }: { userId: string; words: string }): Promise<void> {
  ;(await sessionWith(userId)).sendText(words)
}

export async function sendFile({ userId, bytes }: { userId: string; bytes: number }): Promise<void> {
  const file = new File([new Uint8Array(bytes)], 'zeros.bin')
  ;(await sessionWith(userId)).sendFile(file)
}

export async function untilUnread(count: number): Promise<void> {
  await client.conversations.until(([first]) => first?.unread === count)
}

export async function markRead(userId: string): Promise<void> {
  await (await sessionWith(userId)).markRead()
}

export const addContact = async (userId: string) => (await client.contacts.add(userId)).name
export const untilContacts = async (count: number) => {
  await client.contacts.until((items) => items.length === count)
}
export const logout = () => client.logout()
export const kept = () => ({ local: Object.keys(localStorage) })

/** Resolves when the group has so many members. */
export async function untilMembers({
  sessionId,
  count,
}: {
  sessionId: string
  count: number
}): Promise<void> {
  const session =
    client.sessions.get(sessionId) ?? (await client.next('session', ({ id }) => id === sessionId))
  await session.members.load()
  await session.members.until((items) => items.length === count)
}
