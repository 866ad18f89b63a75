import type { EmojiObject } from '../../../shared/wire/emojis.js'
import type { Core } from './core.js'
import { Entity } from './entity.js'
import { SyncedList } from './synced-list.js'

/** A picture that is typed as `[name]`. */
export class Emoji extends Entity<EmojiObject> {
  get name(): string {
    return this.row.name
  }

  get package(): string {
    return this.row.package
  }

  /** A path from the server's root, or an address. */
  get url(): string {
    return this.row.url
  }
}

/** The app's pictures, pulled with every connect: changes of them are not announced. */
export class Emojis extends SyncedList<EmojiObject, Emoji> {
  constructor(_core: Core) {
    super({
      name: 'emojis',
      make: (row) => new Emoji(row),
      compare: (a, b) => Number(a.id) - Number(b.id),
    })
  }

  /** By what is typed between the brackets. */
  byName(name: string): Emoji | undefined {
    return this.find((emoji) => emoji.name === name)
  }
}
