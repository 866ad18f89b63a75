import { z } from 'zod'

/**
 * Every refusal of the REST API by its code, with its HTTP status. Clients branch on `code`, people read
 * `message`. No code means 401 except a bad token: old clients take any 401 for one. (yun2win.md §1.5, §3)
 */
export const ERROR_STATUS = {
  InvalidParameter: 400,
  InvalidRequest: 400,
  InvalidClient: 400,
  WrongCredentials: 400,
  InvalidToken: 401,
  NotAllowed: 403,
  NotFound: 404,
  AlreadyExists: 409,
  Conflict: 409,
  TooLarge: 413,
  QuotaExceeded: 413,
  UnsupportedMediaType: 415,
  RangeNotSatisfiable: 416,
  TooManyRequests: 429,
  Internal: 500,
  Unavailable: 503,
} as const

export type ErrorCode = keyof typeof ERROR_STATUS

/** What a 403 carries as `message`: old clients test `message.status` and `message.code`. (§1.5) */
export const ForbiddenDetail = z.object({ code: z.literal(403), status: z.literal(403), error: z.string() })
export type ForbiddenDetail = z.infer<typeof ForbiddenDetail>

const CODES = Object.keys(ERROR_STATUS) as [ErrorCode, ...ErrorCode[]]

/** The body of every error answer. `message` is never empty, or old clients see no error at all. */
export const ErrorBody = z.object({
  status: z.number().int(),
  code: z.enum(CODES),
  error: z.string(),
  message: z.union([z.string().min(1), ForbiddenDetail]),
  detail: z.string().optional(),
})
export type ErrorBody = z.infer<typeof ErrorBody>
