import { NudgeError } from '../errors.js'
import { attempt } from '../events.js'

/** What a 403 hands over: old code tests `err.status` and `err.code`. As text it is the reason. (yun2win.md §1.5) */
export class Forbidden {
  readonly code = 403
  readonly status = 403
  readonly error = '没有权限'
  readonly #reason: string

  /** @internal */
  constructor(reason: string) {
    this.#reason = reason
  }

  /** Why, for people. */
  toString(): string {
    return this.#reason
  }
}

/** The server's text, or an object that can be shown as text. */
export type Failure = string | Forbidden

/** `err` is null when it went well; otherwise there is no value. */
export type Callback<T = unknown> = (err: Failure | null, value: T) => void

/** Calls back once the work is done: exactly once, and never before the call that began it has returned. */
export function answer<T>(work: Promise<T>, cb: Callback<T> | undefined): void {
  work.then(
    (value) => attempt(() => cb?.(null, value)),
    (error: unknown) => attempt(() => (cb as ((err: Failure) => void) | undefined)?.(failureOf(error))),
  )
}

export function failureOf(error: unknown): Failure {
  const text = error instanceof Error ? error.message : String(error)
  return error instanceof NudgeError && error.status === 403 ? new Forbidden(text) : text
}
