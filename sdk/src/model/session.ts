import type { MemberObject, MemberRole } from '../../../shared/wire/objects.js'
import type { SessionType } from '../../../shared/wire/session-types.js'
import type { SessionEntryObject } from '../../../shared/wire/sessions.js'
import { type MessageType, text } from '../extend/message-type.js'
import type { Upload } from '../send/draft.js'
import type { Conversation } from './conversation.js'
import type { Core } from './core.js'
import { Entity } from './entity.js'
import { compareMembers, Member } from './member.js'
import type { Message } from './message.js'
import { MessageList } from './message-list.js'
import { SyncedList } from './synced-list.js'

/** How `session.sendFile` shows a file. */
export interface SendFileOptions {
  /** What it is shown as; told from the file's type unless given. */
  kind?: Upload['kind']
  /** Needed for Blobs, which have none. */
  name?: string
  /** More for the message's content: `width` and `height` of videos, `second`s of audio. */
  about?: Record<string, unknown>
}

/** The people of a session, who runs it first. Empty until `load`, and up to date from then on. */
export class MemberList extends SyncedList<MemberObject, Member> {
  #loading: Promise<void> | undefined

  constructor(
    private readonly core: Core,
    session: Session,
  ) {
    super({
      name: `members/${session.id}`,
      make: (row) => new Member(row),
      compare: compareMembers,
      onChange: (member, isNew) => core.memberChanged(session, member, isNew),
    })
  }

  get isLoaded(): boolean {
    return this.#loading !== undefined
  }

  /** When the members last changed (ms): the session's mts. */
  get mts(): number {
    let newest = 0
    for (const member of this.all) newest = Math.max(newest, member.joinedAt)
    return newest
  }

  /** By the id of the user, not that of the member. */
  byUser(userId: string): Member | undefined {
    return this.find((member) => member.userId === userId)
  }

  /** Reads what this device has, then what the server has. Resolves when it is here. Throws NudgeError. */
  load(): Promise<void> {
    this.#loading ??= this.#begin()
    return this.#loading.then(() => this.sync())
  }

  /** Pulls what has changed. Throws NudgeError. */
  sync(): Promise<void> {
    return this.core.pull(this.name)
  }

  async #begin(): Promise<void> {
    this.core.watch(this.name, true)
    await this.restore(this.core.replica())
  }

  override clear(): void {
    this.#loading = undefined
    super.clear()
  }
}

/** A pair of users, a group, or a user's own devices: what messages are sent to. */
export class Session extends Entity<SessionEntryObject> {
  readonly messages: MessageList
  readonly members: MemberList

  constructor(
    private readonly core: Core,
    row: SessionEntryObject,
  ) {
    super(row)
    this.messages = new MessageList(core, row.id)
    this.members = new MemberList(core, this)
  }

  get type(): SessionType {
    return this.row.type
  }

  /** A group's own name; a pair is called what its conversation is called. */
  get name(): string {
    return this.type === 'group' ? this.row.name : (this.conversation?.name ?? this.row.name)
  }

  get avatarUrl(): string {
    return this.type === 'group' ? this.row.avatarUrl : (this.conversation?.avatarUrl ?? this.row.avatarUrl)
  }

  get description(): string {
    return this.row.description
  }

  /** Whether the group has a name of its own, instead of one made of its members'. */
  get isNamed(): boolean {
    return this.row.nameChanged === true
  }

  /** Left, removed, or the group was dissolved: what was said before can still be read, nothing sent. */
  get isOver(): boolean {
    return this.isDeleted
  }

  get conversation(): Conversation | undefined {
    return this.core.conversationOf(this.id)
  }

  /**
   * Sends a message: it is in the list at once, as `storing`, and goes out in the order of sending; without a
   * connection, as soon as there is one, also after a reload. See `message.whenStored()`.
   */
  send<Content>(type: MessageType<Content>, content: Content): Message {
    return this.core.send(this.id, { type: type.type, content: type.encode(content) })
  }

  /** Sends words. See `send`. */
  sendText(words: string): Message {
    return this.send(text, { text: words })
  }

  /** The same for a file, which is uploaded first. See `message.progress`. */
  sendFile(file: Blob, { kind = kindOf(file), name = nameOf(file), about }: SendFileOptions = {}): Message {
    // It becomes JSON anyway, and now it fails in the caller's hands.
    const copy = about && (JSON.parse(JSON.stringify(about)) as Upload['about'])
    const upload: Upload = { kind, name, size: file.size, file, ...(copy && { about: copy }) }
    return this.core.send(this.id, { type: kind, upload })
  }

  /** Everything in it has been seen, on all devices. Throws NudgeError. */
  async markRead(): Promise<void> {
    await this.conversation?.markRead()
  }

  /**
   * Tells the members who are connected now, and stores nothing: typing, presence, whatever apps of your own want.
   * Resolves when push has passed it on. Throws NudgeError.
   */
  notify(message: Record<string, unknown>): Promise<void> {
    return this.core.notify(this.type, this.id, message)
  }

  /** Adds a user, or changes the role of one. Throws NudgeError. */
  async addMember(userId: string, role?: Exclude<MemberRole, 'email'>): Promise<void> {
    await this.#change('POST', 'members', { userId, ...(role && { role }) })
  }

  /** Removes somebody, or takes an invitation back. Throws NudgeError. */
  async removeMember(member: Member): Promise<void> {
    await this.#change('DELETE', `members/${member.id}`)
  }

  /** Adds whoever has this e-mail address, or sends an invitation to it. Throws NudgeError. */
  async invite(email: string): Promise<void> {
    await this.#change('POST', 'members/invite', { email })
  }

  /** Making somebody else `master` makes you `admin`. Throws NudgeError. */
  async setRole(member: Member, role: Exclude<MemberRole, 'email'>): Promise<void> {
    await this.#change('PUT', `members/${member.id}`, { userId: member.userId, role })
  }

  /** Throws NudgeError. */
  async leave(): Promise<void> {
    await this.members.load()
    const own = this.members.byUser(this.core.userId())
    if (own) await this.removeMember(own)
  }

  /** Of a group you run. Throws NudgeError. */
  async update(change: { name?: string; avatarUrl?: string; description?: string }): Promise<void> {
    const json = { ...change, ...(change.name !== undefined && { nameChanged: true }) }
    await this.core.rest.ask({ method: 'PUT', path: `sessions/${this.id}`, json })
    await this.core.refresh('sessions', 'conversations')
  }

  /** Ends the group for everybody. Throws NudgeError. */
  async dissolve(): Promise<void> {
    await this.core.rest.ask({ method: 'DELETE', path: `sessions/${this.id}` })
    await this.core.refresh('sessions', 'conversations')
  }

  async #change(method: 'POST' | 'PUT' | 'DELETE', path: string, json?: object): Promise<void> {
    await this.core.rest.ask({ method, path: `sessions/${this.id}/${path}`, ...(json && { json }) })
    const members = this.members.isLoaded ? [this.members.name] : []
    await this.core.refresh('sessions', 'conversations', ...members)
  }
}

function kindOf({ type }: Blob): Upload['kind'] {
  const [family] = type.split('/')
  return family === 'image' || family === 'video' || family === 'audio' ? family : 'file'
}

function nameOf(file: Blob): string {
  return 'name' in file && typeof file.name === 'string' && file.name !== '' ? file.name : 'file'
}
