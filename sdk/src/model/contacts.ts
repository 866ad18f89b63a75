import type { ContactObject } from '../../../shared/wire/contacts.js'
import type { Core } from './core.js'
import { Entity } from './entity.js'
import { SyncedList } from './synced-list.js'

/** Somebody in the user's address book. */
export class Contact extends Entity<ContactObject> {
  constructor(
    private readonly core: Core,
    row: ContactObject,
  ) {
    super(row)
  }

  get userId(): string {
    return this.row.userId
  }

  /** What the user calls himself. */
  get name(): string {
    return this.row.name
  }

  /** What you call him; empty when you call him what he calls himself. */
  get title(): string {
    return this.row.title
  }

  get displayName(): string {
    return this.row.title || this.row.name
  }

  get remark(): string {
    return this.row.remark
  }

  get account(): string {
    return this.row.email
  }

  get avatarUrl(): string {
    return this.row.avatarUrl
  }

  /** How `displayName` is spelled in Latin letters, for sorting and searching. */
  get pinyin(): readonly string[] {
    return this.row.title ? this.row.titlePinyin : this.row.pinyin
  }

  /** `title` is shown instead of the name; blank clears. Throws NudgeError. */
  async update(change: { title?: string; remark?: string }): Promise<void> {
    await this.core.rest.ask({ method: 'PUT', path: this.#path, json: change })
    await this.core.refresh('contacts')
  }

  /** The other side keeps you. Throws NudgeError. */
  async remove(): Promise<void> {
    await this.core.rest.ask({ method: 'DELETE', path: this.#path })
    await this.core.refresh('contacts')
  }

  get #path(): string {
    return `users/${this.core.userId()}/contacts/${this.id}`
  }
}

/** The address book, by the spelling of names. */
export class Contacts extends SyncedList<ContactObject, Contact> {
  constructor(private readonly core: Core) {
    super({
      name: 'contacts',
      make: (row) => new Contact(core, row),
      compare: (a, b) => spelling(a).localeCompare(spelling(b)) || Number(a.id) - Number(b.id),
      onChange: (contact) => core.events.emit('contact', contact),
    })
  }

  /** By the id of the user, not that of the contact. */
  byUser(userId: string): Contact | undefined {
    return this.find((contact) => contact.userId === userId)
  }

  /** Each becomes a contact of the other. Throws NudgeError: AlreadyExists, NotFound. */
  async add(userId: string): Promise<Contact> {
    const path = `users/${this.core.userId()}/contacts`
    const { id } = await this.core.rest.ask<ContactObject>({ method: 'POST', path, json: { userId } })
    await this.core.refresh('contacts')
    return this.appear(id)
  }
}

function spelling({ pinyin, displayName }: Contact): string {
  return (pinyin[0] ?? displayName).toLowerCase()
}
