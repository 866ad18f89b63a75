import { guid } from '../guid.js'
import type { StoredFile } from '../http/files.js'
import { answer, type Callback } from './callbacks.js'
import type { CurrentUser } from './current-user.js'

/** Files that messages and avatars refer to. */
export class Attachments {
  readonly user: CurrentUser

  constructor(user: CurrentUser) {
    this.user = user
  }

  /** Uploads a file of an `<input>`. */
  upload(file: Blob, cb?: Callback<StoredFile>): void {
    answer(this.store(file), cb)
  }

  /** Uploads a picture that is a data URL: `data:image/png;base64,…`. */
  uploadBase64Image(fileName: string, dataUrl: string, cb?: Callback<StoredFile>): void {
    answer(this.#storeBase64(fileName, dataUrl), cb)
  }

  /** An address for `<img>` and the like, from a message's `src` or `thumbnail`; null for none. */
  getUrl(src: string): string | null {
    return this.user.context.files(this.user.addressToken).urlOf(src) ?? null
  }

  /** @internal */
  store(file: Blob, name = nameOf(file)): Promise<StoredFile> {
    return this.user.context.files(this.user.token).upload(file, name)
  }

  async #storeBase64(fileName: string, dataUrl: string): Promise<StoredFile> {
    const [, type = 'image/png', base64 = dataUrl] = /^data:([^;,]*);base64,(.*)$/s.exec(dataUrl) ?? []
    const bytes = Uint8Array.from(atob(base64), (char) => char.charCodeAt(0))
    return this.store(new Blob([bytes], { type }), fileName)
  }
}

/** A `File` has one; what comes from a canvas or the clipboard has none. */
export function nameOf(file: Blob): string {
  return (file as Partial<File>).name || `${guid()}.${file.type.split('/')[1] || 'bin'}`
}
