import { randomBytes } from 'node:crypto'
import { createWriteStream } from 'node:fs'
import { mkdir, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { pipeline } from 'node:stream/promises'
import busboy from 'busboy'
import type { Request } from 'express'
import { AppError } from '../../shared/server/app-error.js'
import { withoutMarkup } from '../../shared/wire/text.js'
import { allowSlowBody } from '../http/slow-requests.js'
import { MendFirstHead } from './part-heads.js'

/** A file that came in, in the spool folder. Whoever gets it discards it, whatever became of it. */
export interface ReceivedFile {
  path: string
  /** Made harmless: no path, no control characters, no markup. */
  fileName: string
  /** What the client says it is, in lower case. */
  declaredType: string
  size: number
  discard(): Promise<void>
}

interface ReceiveOptions {
  folder: string
  maxBytes: number
  /** What is left for it, and what to throw if it takes more. May be below 0. */
  room?: { bytes: number; refusal: AppError } | undefined
  /** An upload of which next to nothing comes for so long is cut off. */
  stallMs: number
}

/** What a form may hold besides its file. */
const FORM_OVERHEAD_BYTES = 128 * 1024
/** How long (ms) a refused upload is read on, so that the client sees the answer and not a broken connection. */
const DRAIN_LIMIT_MS = 10_000

/**
 * Streams the one file of a multipart request to the disk. Throws UnsupportedMediaType, InvalidRequest,
 * InvalidParameter, TooLarge, and what `room` says; then, and when the client goes away or stalls, nothing is left
 * behind.
 */
export async function receiveFile(req: Request, options: ReceiveOptions): Promise<ReceivedFile> {
  const stalled = new AbortController()
  const endWatch = allowSlowBody(req, options.stallMs, () => stalled.abort())
  try {
    return await receive(req, options, stalled.signal)
  } catch (error) {
    // Whatever is read on has its own, short limit.
    endWatch()
    if (stalled.signal.aborted) req.res?.setHeader('Connection', 'close')
    else await drain(req, options.maxBytes)
    throw error
  } finally {
    endWatch()
  }
}

async function receive(
  req: Request,
  { folder, maxBytes, room }: ReceiveOptions,
  stalled: AbortSignal,
): Promise<ReceivedFile> {
  const boundary = boundaryOf(req)
  const announcedBytes = Number(req.headers['content-length'] ?? 0) - FORM_OVERHEAD_BYTES
  if (announcedBytes > maxBytes) throw tooLarge(maxBytes)
  if (room && announcedBytes > room.bytes) throw room.refusal
  const isTight = room !== undefined && room.bytes < maxBytes
  const limitBytes = isTight ? Math.max(0, room.bytes) : maxBytes
  await mkdir(folder, { recursive: true })
  if (req.destroyed) throw new AppError('InvalidRequest', 'the upload was cut off')

  const parser = busboy({
    // Written anew: the old client's boundary may be one that RFC 2046 wants quoted.
    headers: { 'content-type': `multipart/form-data; boundary="${boundary}"` },
    // Bytes as they are; `decodeName` makes the best of them.
    defParamCharset: 'latin1',
    // At its limit busboy calls a file too large, so the limit is one more.
    limits: { fileSize: limitBytes + 1, files: 1, fields: 20, fieldSize: 16 * 1024, parts: 30 },
  })
  const mending = new MendFirstHead()
  let file: Promise<ReceivedFile> | undefined

  const parsed = new Promise<void>((resolve, reject) => {
    const cutOff = () => reject(new AppError('InvalidRequest', 'the upload was cut off'))
    req.once('error', cutOff)
    req.once('close', () => req.complete || cutOff())
    stalled.addEventListener('abort', () =>
      reject(new AppError('InvalidRequest', 'the upload stalled and was cut off')),
    )
    parser.on('file', (_name, stream, info) => {
      stream.once('limit', () => reject(isTight ? room.refusal : tooLarge(maxBytes)))
      file = spool(stream, folder, info)
      file.catch(reject)
    })
    parser.once('filesLimit', () =>
      reject(new AppError('InvalidParameter', 'the form must hold one file, not several')),
    )
    mending.once('error', reject)
    parser.once('error', () => reject(new AppError('InvalidRequest', 'the multipart body cannot be read')))
    parser.once('finish', resolve)
  })

  req.pipe(mending).pipe(parser)
  try {
    await parsed
    if (!file) throw new AppError('InvalidParameter', 'the form holds no file')
    return await file
  } catch (error) {
    req.unpipe(mending)
    parser.on('error', () => {})
    parser.destroy()
    await file?.then(
      (whole) => whole.discard(),
      () => {},
    )
    throw error
  }
}

function tooLarge(maxBytes: number): AppError {
  return new AppError('TooLarge', `the file is larger than ${maxBytes} bytes`)
}

function boundaryOf(req: Request): string {
  const type = req.headers['content-type'] ?? ''
  const boundary = /;\s*boundary=(?:"([^"\\]+)"|([^";\s]+))/i.exec(type)
  const text = boundary?.[1] ?? boundary?.[2]
  if (!/^multipart\/form-data\s*;/i.test(type) || !text || text.length > 200) {
    throw new AppError('UnsupportedMediaType', 'the body must be multipart/form-data with a boundary')
  }
  return text
}

async function spool(
  stream: NodeJS.ReadableStream,
  folder: string,
  info: { filename: string | undefined; mimeType: string },
): Promise<ReceivedFile> {
  const path = join(folder, randomBytes(16).toString('hex'))
  const discard = () => rm(path, { force: true })
  try {
    const out = createWriteStream(path, { flags: 'wx', mode: 0o600 })
    await pipeline(stream, out)
    return {
      path,
      fileName: safeFileName(info.filename ?? ''),
      declaredType: info.mimeType,
      size: out.bytesWritten,
      discard,
    }
  } catch (error) {
    await discard()
    throw error
  }
}

/** UTF-8 when it is that, else the bytes as Latin-1: garbage stays garbage and is no reason to refuse a file. */
function decodeName(name: string): string {
  if (/[^\0-\xff]/.test(name)) return name
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(Buffer.from(name, 'latin1'))
  } catch {
    return name
  }
}

const MAX_NAME_LENGTH = 200

/** A name that can be shown in old clients' pages and stored on anybody's disk. (yun2win.md §4 W20) */
export function safeFileName(raw: string): string {
  const name = decodeName(raw)
    .replace(/^.*[/\\]/s, '')
    .replace(/[\p{Cc}\p{Cf}\p{Surrogate}\u2028\u2029]/gu, '')
  const shown = withoutMarkup(name).trim()
  if (/^\.*$/.test(shown)) return 'file'
  return [...shown].slice(0, MAX_NAME_LENGTH).join('')
}

/**
 * Reads and forgets what is left of a request, at most so much more. Where there is more, the connection closes
 * after the answer.
 */
async function drain(req: Request, maxBytes: number): Promise<void> {
  if (req.complete || req.destroyed) {
    req.resume()
    return
  }
  const isOver = await new Promise<boolean>((resolve) => {
    let left = maxBytes + FORM_OVERHEAD_BYTES
    const timer = setTimeout(() => resolve(false), DRAIN_LIMIT_MS)
    const settle = (isOver: boolean) => {
      clearTimeout(timer)
      resolve(isOver)
    }
    req.on('data', (chunk: Buffer) => {
      left -= chunk.length
      if (left < 0) settle(false)
    })
    req.once('end', () => settle(true))
    req.once('close', () => settle(true))
    req.resume()
  })
  if (!isOver && !req.res?.headersSent) req.res?.setHeader('Connection', 'close')
}
