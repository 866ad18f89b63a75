import { z } from 'zod'
import { ownedCollection } from '../../api/extensions/owned-collection.js'
import { Text } from '../../shared/wire/text.js'

/** A user's notes: nobody else sees them, every device of the user has them. */
export const notes = ownedCollection({
  name: 'notes',
  path: 'notes',
  syncType: 'note',
  table: 'note',
  columns: { text: 'text not null' },
  body: z.object({ text: Text.min(1, 'must not be empty').max(10_000) }),
  entry: z.object({ text: z.string() }),
  toColumns: (body) => ({ text: body.text }),
  blank: { text: '' },
  present: (row) => ({ text: row.text }),
})
