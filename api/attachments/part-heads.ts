import { Transform, type TransformCallback } from 'node:stream'
import { AppError } from '../../shared/server/app-error.js'

const END = Buffer.from('\r\n\r\n')
const MAX_HEAD_BYTES = 16 * 1024
/** Several times the longest file name there is. Nobody but an attacker writes more. */
const MAX_LINE_LENGTH = 2048

/**
 * Mends the head of the first part of a multipart body, so that a strict parser can read it. The old client
 * writes file names as UTF-16 units cut to 8 bits: Chinese names turn into any bytes, control characters, line
 * ends and quotes among them. (yun2win.md §3 #9) The rest of the body goes through as it is,
 * and so does a head without an end in its first 16 KB, which the parser refuses. Fails with InvalidRequest when a
 * line of the head is longer than 2 KB.
 */
export class MendFirstHead extends Transform {
  #held: Buffer | undefined = Buffer.alloc(0)

  override _transform(chunk: Buffer, _encoding: BufferEncoding, done: TransformCallback): void {
    if (this.#held) {
      this.#held = Buffer.concat([this.#held, chunk])
      if (endOf(this.#held) >= 0 || this.#held.length > MAX_HEAD_BYTES) {
        this.#release(done)
        return
      }
    } else {
      this.push(chunk)
    }
    done()
  }

  override _flush(done: TransformCallback): void {
    this.#release(done)
  }

  #release(done: TransformCallback): void {
    const held = this.#held
    this.#held = undefined
    const end = held ? endOf(held) : -1
    if (!held || end < 0) {
      done(null, held)
      return
    }
    const lines = mend(held.subarray(0, end).toString('latin1'))
    if (!lines) {
      done(new AppError('InvalidRequest', `the head of a part has a line of over ${MAX_LINE_LENGTH} bytes`))
      return
    }
    this.push(Buffer.from(lines.join('\r\n'), 'latin1'))
    done(null, held.subarray(end))
  }
}

/** Where the head ends; -1 when it is not to be seen, or too far away. */
function endOf(held: Buffer): number {
  return held.subarray(0, MAX_HEAD_BYTES + END.length).indexOf(END)
}

/** The lines of the mended head. Undefined: one is too long. */
function mend(head: string): string[] | undefined {
  const lines = head
    // A line that is neither a boundary nor a header is the rest of a file name.
    .replace(/\r\n(?!--|[A-Za-z-]+:)/g, '__')
    .split('\r\n')
  if (lines.some((line) => line.length > MAX_LINE_LENGTH)) return undefined
  return lines.map((line) => mendQuotes(line.replace(/[^\t\x20-\x7e\x80-\xff]/g, '_')))
}

const NO_NAME = /filename=""(?=\s*(;|$))/i
/** For a line without white space at its end: one run of it is read by one `\s*`, so the time stays linear. */
const WELL_FORMED = /^[\w-]+:\s*[\w-]+(\s*;\s*[\w*-]+=("([^"\\]|\\.)*"|[^\s";]*))*\s*;?$/

/** Quotes inside a quoted file name, which comes last in its line. */
function mendQuotes(line: string): string {
  if (!/^content-disposition:/i.test(line)) return line
  // Without a name it would count as a text field.
  if (NO_NAME.test(line)) return line.replace(NO_NAME, 'filename="file"')
  if (WELL_FORMED.test(line.trimEnd())) return line
  return line.replace(
    /(filename=")(.*)"/i,
    (_, before: string, name: string) => `${before}${name.replace(/["\\]/g, '_')}"`,
  )
}
