import { z } from 'zod'

/**
 * Every id on the wire is a decimal-digit string: legacy clients use ids unquoted in CSS selectors,
 * split `<type>_<id>` on `_`, and pick avatar colours from the last digit. (yun2win.md §1.7)
 * Without leading zeros: an id has one spelling, since ids are compared and put together as text.
 */
export const Id = z.string().regex(/^(0|[1-9][0-9]{0,17})$/, 'is not an id')
