import type { z } from 'zod'
import { SendMessageBody } from './requests.js'

/**
 * An edit, or with type `system` a recall: `{"text": "... recalled a message"}` in the original sender's name.
 * `sender` may be left out; it cannot be changed. (yun2win.md §1.9)
 */
export const EditMessageBody = SendMessageBody.omit({ clientMessageId: true })
export type EditMessageBody = z.infer<typeof EditMessageBody>
