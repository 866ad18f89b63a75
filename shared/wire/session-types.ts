import { z } from 'zod'

/** Kinds of sessions that are stored; `single` is a user's session with their own devices. */
export const SessionType = z.enum(['p2p', 'group', 'single'])
export type SessionType = z.infer<typeof SessionType>
