import { z } from 'zod'
import { Id } from './ids.js'
import { Iso } from './objects.js'
import { ShortText, Text, withoutMarkup } from './text.js'

/** A picture that is typed as `[name]`. `url` is a path from the host's root. (yun2win.md §1.8) */
export const EmojiObject = z.object({
  id: Id,
  package: z.string(),
  type: z.string(),
  name: z.string(),
  url: z.string(),
  width: z.number().int(),
  height: z.number().int(),
  isDelete: z.boolean(),
  createdAt: Iso,
  updatedAt: Iso,
})
export type EmojiObject = z.infer<typeof EmojiObject>

/** Old clients find no longer name in a text. */
const MAX_NAME_LENGTH = 5
const Pixels = z.coerce.number().int().min(1).max(1000)

export const EmojiBody = z.object({
  package: ShortText.transform(withoutMarkup).default('基本'),
  type: ShortText.transform(withoutMarkup).default('emoji'),
  name: Text.min(1, 'must not be empty')
    .max(MAX_NAME_LENGTH, `is longer than ${MAX_NAME_LENGTH} characters`)
    .regex(/^[^[\]<>"\s]*$/, 'must not contain brackets, quotes or spaces'),
  url: Text.max(2048, 'is longer than 2048 characters').regex(
    /^(\/|https?:\/\/)[^\s<>"']*$/,
    'must be a path from the root, like /Emoji/smile.png, or a web address',
  ),
  width: Pixels.default(84),
  height: Pixels.default(84),
})
export type EmojiBody = z.infer<typeof EmojiBody>

/** Fields that are not named stay as they are. */
export const ChangeEmojiBody = z.object({
  package: EmojiBody.shape.package.unwrap().optional(),
  type: EmojiBody.shape.type.unwrap().optional(),
  name: EmojiBody.shape.name.optional(),
  url: EmojiBody.shape.url.optional(),
  width: Pixels.optional(),
  height: Pixels.optional(),
})
export type ChangeEmojiBody = z.infer<typeof ChangeEmojiBody>
