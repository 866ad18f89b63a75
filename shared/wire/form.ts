import { z } from 'zod'

/** Forms know text only: `true` and `false` stand for themselves. (yun2win.md §1.4) */
export const FormBoolean = z
  .union([z.boolean(), z.enum(['true', 'false'])], 'must be true or false')
  .transform((value) => value === true || value === 'true')
