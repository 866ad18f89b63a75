import { z } from 'zod'
import { listOf, SessionObject } from './objects.js'
import { CreateGroupBody } from './requests.js'
import { AvatarUrl, DisplayName, ShortText } from './text.js'

/** A boolean of a JSON body, or its text in a form. (yun2win.md §1.4) */
const FormBoolean = z.union(
  [z.boolean(), z.stringbool({ truthy: ['true', '1'], falsy: ['false', '0', ''] })],
  'must be true or false',
)

/** Old clients send back what they were given: nothing at all until somebody has renamed. (§1.10) */
const NameChanged = FormBoolean.nullish()

export const CreateSessionBody = CreateGroupBody.extend({ nameChanged: NameChanged })
export type CreateSessionBody = z.infer<typeof CreateSessionBody>

/** What is left out stays. `type` and `mark` are no longer anybody's to choose, and ignored. (§4 W7) */
export const UpdateSessionBody = z.object({
  /** Blank: stays. */
  name: DisplayName.optional(),
  secureType: ShortText.optional(),
  /** Blank: none. */
  avatarUrl: AvatarUrl.optional(),
  description: ShortText.optional(),
  /** `false`: named after its members again, whatever `name` says. */
  nameChanged: NameChanged,
})
export type UpdateSessionBody = z.infer<typeof UpdateSessionBody>

/** In lists: `isDelete` for a session that was deleted, or that the reader is no longer a member of. */
export const SessionEntryObject = SessionObject.extend({ isDelete: z.boolean() })
export type SessionEntryObject = z.infer<typeof SessionEntryObject>

export const SessionListObject = listOf(SessionEntryObject)
