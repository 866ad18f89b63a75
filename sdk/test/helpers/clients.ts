import { afterAll } from '@jest/globals'
import type { TestEnv } from '../../../test/helpers/test-env.js'
import {
  type Client,
  type ClientOptions,
  createClient,
  type Message,
  type NudgeError,
} from '../../src/index.js'

const open: Client[] = []

// Before the server, which is closed by hooks that were registered later.
afterAll(async () => {
  await Promise.all(open.splice(0).map((client) => client.close()))
})

/** Fast, so that tests of failures need not wait. */
const TIMING = { retryFirst: 50, retryMax: 400, request: 10_000, keepalive: 30_000 }

export type TestClient = Client & { errors: NudgeError[]; heard: string[] }

/** A client that is closed after the file's tests, and remembers what it was told: `heard` holds the texts of `message` events. */
export function newClient(url: string, options: Partial<ClientOptions> = {}): TestClient {
  const client = createClient({ url, timing: TIMING, ...options })
  open.push(client)
  const errors: NudgeError[] = []
  const heard: string[] = []
  client.on('error', (error) => errors.push(error))
  client.on('message', (message) => heard.push(...textsOf([message])))
  return Object.assign(client, { errors, heard })
}

export const credentialsOf = (name: string) => ({
  account: `${name}@example.com`,
  password: `password of ${name}`,
})

/** Another device of somebody: a client that is logged in and has caught up. */
export async function device(
  env: TestEnv,
  name: string,
  options: Partial<ClientOptions> = {},
): Promise<TestClient> {
  const client = newClient(env.url, { pushUrl: env.wsUrl, ...options })
  await client.login(credentialsOf(name))
  await client.until('live')
  return client
}

/** Somebody new, with one device. */
export async function person(
  env: TestEnv,
  name: string,
  options: Partial<ClientOptions> = {},
): Promise<TestClient> {
  await newClient(env.url).register({ ...credentialsOf(name), name })
  return device(env, name, options)
}

export function idOf(client: Client): string {
  if (!client.me) throw new Error('nobody is logged in')
  return client.me.id
}

/** What a list of messages says, oldest first, without the server's own lines. */
export function textsOf(messages: Iterable<Message>): string[] {
  return [...messages].filter(({ senderId }) => senderId !== 'system').map(({ preview }) => preview)
}

/** Resolves when the client was told of a message that says this; at once when it was before. */
export async function hears(client: TestClient, words: string): Promise<void> {
  if (!client.heard.includes(words)) await client.next('message', ({ preview }) => preview === words)
}
