import type { ErrorBody, ErrorCode } from '../../shared/wire/errors.js'

/**
 * What went wrong: the server's code for a refusal, or one of the client's own.
 *
 * - `Unreachable`: there was no answer. Trying again is safe for everything the SDK does by itself.
 * - `Cancelled`: the app took it back, or logged out meanwhile.
 * - `NotLoggedIn`: there is nobody to do it for.
 * - `FileMissing`: a file that waited to be sent is gone, because the storage cannot keep files over a reload.
 */
export type NudgeErrorCode = ErrorCode | 'Unreachable' | 'Cancelled' | 'NotLoggedIn' | 'FileMissing'

/** Every failure of the SDK. Branch on `code`; `message` is for people. */
export class NudgeError extends Error {
  override readonly name = 'NudgeError'

  constructor(
    readonly code: NudgeErrorCode,
    message: string,
    /** The HTTP status; 0 when there was no answer. */
    readonly status = 0,
    /** How long (ms) the server asks to wait before the next try. */
    readonly retryAfterMs?: number,
  ) {
    super(message)
  }

  /** Whether the same may succeed later without anybody changing anything. */
  get isPassing(): boolean {
    return this.code === 'Unreachable' || this.status === 429 || this.status >= 500
  }
}

/**
 * From an answer that is not 2xx. The reason of a 403 is in `detail`; old clients need its `message` otherwise. What has
 * no `code` is of a proxy in between, and says nothing about what was asked for, except that it is too large.
 */
export function errorFromAnswer(status: number, body: unknown, retryAfterMs?: number): NudgeError {
  const { code, message, detail } = (
    typeof body === 'object' && body !== null ? body : {}
  ) as Partial<ErrorBody>
  const text = detail ?? (typeof message === 'string' ? message : message?.error)
  const fallback = status === 413 ? 'TooLarge' : 'Unreachable'
  return new NudgeError(code ?? fallback, text ?? `${status}, and not from the server`, status, retryAfterMs)
}
