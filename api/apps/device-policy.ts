import { z } from 'zod'

/**
 * What becomes of a user's device when another of the same class connects: nothing, or it is told that it was
 * kicked (yun2win.md §2.3).
 */
export const DevicePolicy = z.enum(['many', 'kick'])
export type DevicePolicy = z.infer<typeof DevicePolicy>
