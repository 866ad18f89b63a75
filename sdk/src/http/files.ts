import type { AttachmentObject } from '../../../shared/wire/attachments.js'
import { NudgeError } from '../errors.js'
import { parseJson } from '../json.js'
import { type Answer, answerOf, retryAfter } from './answer.js'
import type { Fetch, Rest } from './rest.js'

/** How `files.upload` tells how far it is, and is stopped. */
export interface UploadOptions {
  /** Bytes sent so far and in all. Where the platform does not tell: once at the end. */
  onProgress?(loaded: number, total: number): void
  signal?: AbortSignal
}

/** An uploaded file. */
export interface StoredFile {
  id: string
  name: string
  /** Bytes. */
  size: number
  /** For the content of messages: readable by who sees one that names it. */
  src: string
  /** For avatars: readable by everybody who knows it, without a token. */
  publicSrc: string
  /** Pixels, of pictures. */
  width?: number
  height?: number
}

/** How long (ms) an upload may go without a byte moving. */
const STALL_MS = 30_000

/** Attachments: what messages and avatars refer to. */
export class Files {
  constructor(
    private readonly rest: Rest,
    private readonly fetch: Fetch,
    /** What an address may carry: people copy and show it. */
    private readonly addressToken: () => string | undefined,
  ) {}

  /** Throws NudgeError: TooLarge, QuotaExceeded, UnsupportedMediaType, Cancelled, Unreachable. */
  async upload(file: Blob, name: string, options: UploadOptions = {}): Promise<StoredFile> {
    const form = new FormData()
    form.append('file', file, name)
    const { token } = this.rest
    const answer =
      typeof XMLHttpRequest === 'undefined'
        ? await this.#uploadByFetch(form, options)
        : await this.#uploadByXhr(form, options)
    if (answer.status !== 200) throw this.rest.refusal(answer, token)
    if (answer.body === undefined)
      throw new NudgeError('Unreachable', 'something else answers for the server')
    options.onProgress?.(file.size, file.size)
    return present(answer.body as AttachmentObject)
  }

  /**
   * An address for `<img>` and the like. What only some may read carries a token that reads your files, and nothing
   * else, until the login ends. Absolute addresses are given back as they are; blank gives undefined.
   */
  urlOf(src: string, { thumbnail = false }: { thumbnail?: boolean } = {}): string | undefined {
    const path = src.trim()
    if (path === '') return undefined
    if (/^(https?|data|blob):/.test(path)) return path
    // The sender of a message has chosen it: only what is surely a file of ours gets the token.
    const isPrivate = /^attachments\/\d{1,18}\/content(\/[^/\\]+)?$/.test(path)
    return this.rest.addressOf(path, {
      thumbnail: thumbnail ? 1 : undefined,
      access_token: isPrivate ? this.addressToken() : undefined,
    })
  }

  /** The bytes. Throws NudgeError. */
  async download(src: string, { signal }: { signal?: AbortSignal } = {}): Promise<Blob> {
    const { token } = this.rest
    const init = { headers: this.rest.headers(), ...(signal && { signal }) }
    const response = await this.fetch(this.rest.addressOf(src), init).catch((error) => {
      throw signal?.aborted
        ? cancelled()
        : new NudgeError('Unreachable', `no answer: ${error?.message ?? error}`)
    })
    if (!response.ok) throw this.rest.refusal(await answerOf(response), token)
    return response.blob()
  }

  async #uploadByFetch(body: FormData, { signal }: UploadOptions): Promise<Answer> {
    const init = { method: 'POST', headers: this.rest.headers(), body, ...(signal && { signal }) }
    try {
      return await answerOf(await this.fetch(this.rest.addressOf('attachments'), init))
    } catch (error) {
      throw signal?.aborted ? cancelled() : new NudgeError('Unreachable', `no answer: ${String(error)}`)
    }
  }

  /** fetch cannot tell how far an upload has come. */
  #uploadByXhr(body: FormData, { signal, onProgress }: UploadOptions): Promise<Answer> {
    return new Promise((resolve, reject) => {
      const xhr = new XMLHttpRequest()
      let stall: ReturnType<typeof setTimeout>
      const alive = () => {
        clearTimeout(stall)
        stall = setTimeout(() => xhr.abort(), STALL_MS)
      }
      alive()
      xhr.upload.onprogress = ({ loaded, total }) => {
        alive()
        onProgress?.(loaded, total)
      }
      xhr.onload = () => {
        const retryAfterMs = retryAfter(xhr.getResponseHeader('Retry-After'))
        resolve({ status: xhr.status, body: parseJson(xhr.responseText), retryAfterMs })
      }
      xhr.onerror = () => reject(new NudgeError('Unreachable', 'the upload was interrupted'))
      xhr.onabort = () =>
        reject(signal?.aborted ? cancelled() : new NudgeError('Unreachable', 'the upload stalled'))
      xhr.onloadend = () => clearTimeout(stall)
      signal?.addEventListener('abort', () => xhr.abort(), { once: true })
      xhr.open('POST', this.rest.addressOf('attachments'))
      for (const [name, value] of Object.entries(this.rest.headers())) xhr.setRequestHeader(name, value)
      if (signal?.aborted) return reject(cancelled())
      xhr.send(body)
    })
  }
}

const cancelled = () => new NudgeError('Cancelled', 'the upload was cancelled')

function present({ id, fileName, size, md5, width, height }: AttachmentObject): StoredFile {
  return {
    id,
    name: fileName,
    size,
    src: `attachments/${id}/content`,
    publicSrc: `attachments/${id}/${md5}`,
    ...(width !== undefined && { width }),
    ...(height !== undefined && { height }),
  }
}
