/**
 * What the page around a frame and the page inside say to each other: `postMessage({ action, payload })`. The contract
 * is in docs/embedding.md. Nothing here knows of the chat.
 */

/** `transferUser`: who is to be logged in. */
export interface TransferredUser {
  userId: string
  /** The access token of a login of this user. */
  token: string
  /** The host's own word for what the user is there; it changes nothing here. */
  urole?: string
}

/** `selectConversation`: what is to be shown. */
export interface SelectedConversation {
  /** Of the session. */
  dlgId: string
  /** To be shown until the session is there. */
  name?: string
}

export type HostMessage =
  | { action: 'transferUser'; payload: TransferredUser }
  | { action: 'selectConversation'; payload: SelectedConversation }

/** What we answer to a `transferUser`. */
export type Answer = { action: 'bindUserSuccess' } | { action: 'bindUserFailure'; payload: { code: string } }

const MAX_TOKEN_LENGTH = 8192
const MAX_TEXT_LENGTH = 255

/** What a message says; undefined for what is none of ours, or not as it should be. */
export function readHostMessage(data: unknown): HostMessage | undefined {
  if (!isObject(data) || !isObject(data.payload)) return undefined
  const { action, payload } = data
  if (action === 'transferUser') {
    const [userId, token, urole] = [idOf(payload.userId), payload.token, optionalText(payload.urole)]
    if (userId === undefined || !isText(token, MAX_TOKEN_LENGTH) || token === '' || urole === null)
      return undefined
    return { action, payload: { userId, token, ...(urole !== undefined && { urole }) } }
  }
  if (action === 'selectConversation') {
    const [dlgId, name] = [idOf(payload.dlgId), optionalText(payload.name)]
    // Messages are not encrypted here, so the key of yun2win's H5 SDK opens nothing.
    if (dlgId === undefined || name === null || optionalText(payload.dlgKey, MAX_TOKEN_LENGTH) === null) {
      return undefined
    }
    return { action, payload: { dlgId, ...(name !== undefined && { name }) } }
  }
  return undefined
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null
}

function isText(value: unknown, maxLength: number): value is string {
  return typeof value === 'string' && value.length <= maxLength
}

/** Digits; many hosts keep ids as numbers. */
function idOf(value: unknown): string | undefined {
  const text = typeof value === 'number' ? String(value) : value
  return typeof text === 'string' && /^\d{1,18}$/.test(text) ? text : undefined
}

/** Undefined where nothing is said, null where it is no text. */
function optionalText(value: unknown, maxLength = MAX_TEXT_LENGTH): string | undefined | null {
  if (value === undefined || value === null || value === '') return undefined
  return isText(value, maxLength) ? value : null
}

/** A window, as much of it as is needed. */
interface Target {
  postMessage(message: unknown, targetOrigin: string): void
}

/** A `MessageEvent`, as much of it as is needed. */
interface Incoming {
  source: unknown
  origin: string
  data: unknown
}

export interface HostLinkOptions {
  /** The window around this one: `window.parent`. */
  host: Target
  /** Where this page itself comes from. */
  ownOrigin: string
  /** Whose pages may be around this one, as the server says. Messages wait until that is known. */
  allowedOrigins: Promise<readonly string[]>
  /** `answer` reaches the page that asked, and no other that may be in its place by then. */
  onTransferUser(user: TransferredUser, answer: (answer: Answer) => void): void
  onSelectConversation(selected: SelectedConversation): void
  /** A message in the words of the contract that was not taken, and why; nothing secret is in it. */
  onIgnored(reason: string): void
}

/** Takes messages from the page around this one, if it is one that may, and from nobody else. */
export class HostLink {
  constructor(private readonly options: HostLinkOptions) {}

  /** For `message` events of the window. They are taken in the order in which they come. */
  async receive({ source, origin, data }: Incoming): Promise<void> {
    const { host, ownOrigin, allowedOrigins, onIgnored } = this.options
    const action = isObject(data) ? data.action : undefined
    // Browsers' extensions and developers' tools talk over the same line.
    if (action !== 'transferUser' && action !== 'selectConversation') return
    if (source !== host) return onIgnored(`${action}: not from the page around this one`)
    const message = readHostMessage(data)
    if (!message) return onIgnored(`${action}: its payload is not as it should be`)
    const allowed = await allowedOrigins
    if (origin !== ownOrigin && !allowed.includes(origin)) {
      return onIgnored(`${action}: ${origin} is not one of the allowed origins`)
    }
    if (message.action === 'selectConversation') return this.options.onSelectConversation(message.payload)
    this.options.onTransferUser(message.payload, (answer) => host.postMessage(answer, origin))
  }
}
