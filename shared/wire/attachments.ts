import { z } from 'zod'
import { Id } from './ids.js'
import { Iso } from './objects.js'

/**
 * An uploaded file. `md5` is the wire's word for the key in `attachments/<id>/<md5>`, an address that needs no
 * token: random, not made from the content. Images have `width` and `height` in pixels. (yun2win.md §1.8)
 */
export const AttachmentObject = z.object({
  id: Id,
  fileName: z.string(),
  size: z.number().int(),
  md5: z.string(),
  width: z.number().int().optional(),
  height: z.number().int().optional(),
  isDelete: z.boolean(),
  createdAt: Iso,
  updatedAt: Iso,
})
export type AttachmentObject = z.infer<typeof AttachmentObject>
