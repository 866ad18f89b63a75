import type { MessageObject } from '../../../shared/wire/objects.js'
import { NudgeError } from '../errors.js'
import type { MessageType } from '../extend/message-type.js'
import type { Draft, SendStatus } from '../send/draft.js'
import { CACHE } from '../store/replica.js'
import type { Core } from './core.js'
import { stampOf } from './entity.js'
import type { Session } from './session.js'

/** What is known of a message: the server's row, or the draft on its way there. */
type Source =
  | { row: Readonly<MessageObject>; draft?: undefined }
  | { row?: undefined; draft: Readonly<Draft> }

const pad = (digits: string | number, length: number) => String(digits).padStart(length, '0')

/** Messages of a session are kept under this, in the order they are shown. */
export const messagePrefix = (sessionId: string) => `${CACHE}message/${sessionId}/`

/** Ascends with the time of creation, and with the id where a commit stored several. */
export function messageKey({ sessionId, createdAt, id }: MessageObject): string {
  return `${messagePrefix(sessionId)}${timeKey(Date.parse(createdAt))}/${pad(id, 18)}`
}

export const timeKey = (stamp: number) => pad(Math.max(0, stamp), 16)

/** A message, from the moment it is sent or received. The object stays the same while what it says changes. */
export class Message {
  #source: Source
  /** Others may name theirs as they like, also as somebody else did. From the start: nobody may be logged in later. */
  readonly #isNamedHere: boolean
  #content: { of: string; type: string; value: unknown } | undefined
  /** Of its upload, 0 to 1. */
  progress: number | undefined
  /** Grows with every change: for views that compare. */
  revision = 0

  constructor(
    private readonly core: Core,
    source: Source,
  ) {
    this.#source = source
    this.#isNamedHere = source.row === undefined || core.isMe(source.row.sender)
  }

  /** Undefined until it is stored. */
  get id(): string | undefined {
    return this.#source.row?.id
  }

  /** Unique, and stays the same from the moment of sending: for lists that want a key. */
  get key(): string {
    return (this.#isNamedHere ? this.clientMessageId : undefined) ?? this.id ?? ''
  }

  get clientMessageId(): string | undefined {
    return this.#any.clientMessageId
  }

  get sessionId(): string {
    return this.#any.sessionId
  }

  /** Where it was said. */
  get session(): Session | undefined {
    return this.core.session(this.sessionId)
  }

  /** A user's id, or `system`. */
  get senderId(): string {
    return this.#source.row?.sender ?? this.#source.draft?.senderId ?? ''
  }

  get isOwn(): boolean {
    return this.core.isMe(this.senderId)
  }

  get type(): string {
    return this.#any.type
  }

  /** The text as it is stored; empty while a file is being uploaded. */
  get rawContent(): string {
    return this.#any.content ?? ''
  }

  /** What its type makes of it; of unknown types what JSON makes of it, or else the text. See `as`. */
  get content(): unknown {
    const { rawContent, type } = this
    if (this.#content?.of !== rawContent || this.#content.type !== type) {
      this.#content = { of: rawContent, type, value: this.core.messageTypes.decode(type, rawContent) }
    }
    return this.#content.value
  }

  /** One line that says what it is. */
  get preview(): string {
    const { draft } = this.#source
    if (draft?.upload && draft.content === undefined) return draft.upload.name
    return this.core.messageTypes.preview(this.type, this.rawContent)
  }

  /** Its content when it is of this type; undefined otherwise. */
  as<Content>(type: MessageType<Content>): Content | undefined {
    if (this.type !== type.type) return undefined
    try {
      return type.decode(this.rawContent)
    } catch {
      return undefined
    }
  }

  /** ms since 1970; by this device's clock until it is stored. */
  get createdAt(): number {
    const { row, draft } = this.#source
    return row ? Date.parse(row.createdAt) : draft.createdAt
  }

  /** Of the last edit, recall or deletion. */
  get updatedAt(): number {
    const { row, draft } = this.#source
    return row ? stampOf(row) : draft.createdAt
  }

  get isDeleted(): boolean {
    return this.#source.row?.isDelete === true
  }

  get status(): SendStatus {
    return this.#source.draft?.status ?? 'stored'
  }

  /** Why it could not be stored. */
  get error(): { code: string; message: string } | undefined {
    return this.#source.draft?.error
  }

  /** The file that is being sent, to show it before it is there. */
  get upload(): Draft['upload'] {
    return this.#source.draft?.upload
  }

  /**
   * Resolves when the server has stored it. Rejects with NudgeError when the server refuses it, or when it was
   * cancelled. While there is no connection it just waits.
   */
  whenStored(): Promise<this> {
    const { draft } = this.#source
    return draft ? this.core.drafts.whenDone(draft.key).then(() => this) : Promise.resolve(this)
  }

  /** Resolves when this device keeps it: from then on it is sent even if the page goes away. Throws NotLoggedIn. */
  async whenKept(): Promise<void> {
    if (this.#source.draft) await this.core.replica().settled()
  }

  /** Takes it back before it is stored. False when it was too late. */
  async cancel(): Promise<boolean> {
    const { draft } = this.#source
    return draft ? this.core.drafts.cancel(draft.key) : false
  }

  /** Tries again after `storefailed`. */
  async resend(): Promise<void> {
    const { draft } = this.#source
    if (draft?.status === 'storefailed') await this.core.drafts.resend(draft.key)
  }

  /** Replaces what it says. Your own messages only. Throws NudgeError. */
  edit<Content>(type: MessageType<Content>, content: Content): Promise<void> {
    return this.#change({ type: type.type, content: type.encode(content) })
  }

  /** Leaves a line in its place that says it was taken back. Yours, or in a group you run. Throws NudgeError. */
  recall(line: string): Promise<void> {
    return this.#change({ type: 'system', content: JSON.stringify({ text: line }) })
  }

  /** Takes it away without a trace. Yours, or in a group you run. Throws NudgeError. */
  async delete(): Promise<void> {
    await this.core.rest.ask({ method: 'DELETE', path: this.#path() })
    await this.core.refresh(`messages/${this.sessionId}`)
  }

  async #change(json: { type: string; content: string }): Promise<void> {
    await this.core.rest.ask({ method: 'PUT', path: this.#path(), json })
    await this.core.refresh(`messages/${this.sessionId}`)
  }

  #path(): string {
    if (!this.id) throw new NudgeError('Conflict', 'the message is not stored yet')
    return `sessions/${this.sessionId}/messages/${this.id}`
  }

  get #any(): Readonly<MessageObject> | Readonly<Draft> {
    return this.#source.row ?? this.#source.draft
  }

  /** @internal False when that is what it says already. */
  take(source: Source): boolean {
    const { row } = this.#source
    if (row && source.draft) return false
    if (row && source.row && (stampOf(source.row) < stampOf(row) || isSame(row, source.row))) return false
    this.#source = source
    this.revision += 1
    if (source.row) this.progress = undefined
    return true
  }
}

function isSame(a: MessageObject, b: MessageObject): boolean {
  return (
    a.updatedAt === b.updatedAt && a.content === b.content && a.type === b.type && a.isDelete === b.isDelete
  )
}
