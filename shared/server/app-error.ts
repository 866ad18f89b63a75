import { ERROR_STATUS, type ErrorCode } from '../wire/errors.js'

/** A refusal that the caller is told about. Anything else that is thrown is answered as `Internal`. */
export class AppError extends Error {
  readonly status: number

  constructor(
    readonly code: ErrorCode,
    message: string,
    /** Seconds after which it may be tried again, where that is known. */
    readonly retryAfterS?: number,
  ) {
    super(message)
    this.name = 'AppError'
    this.status = ERROR_STATUS[code]
  }
}
