import { z } from 'zod'
import type { ReturnCode } from '../wire/codes.js'

/**
 * An announcement on its way from an API process to a push server elsewhere: the JSON payload of a PUBLISH to
 * the announcement's topic, by a connection with user name `service` and a service token. (design §5)
 */
export const AnnounceFrame = z.object({
  cmd: z.literal('announce'),
  /** Chosen by the sender; the ack repeats it. */
  y2wMessageId: z.string().min(1).max(128),
  stamp: z.number().int(),
  mts: z.number().int().optional(),
  syncs: z.array(
    z.looseObject({ type: z.union([z.number(), z.string()]), sessionId: z.string().optional() }),
  ),
})
export type AnnounceFrame = z.infer<typeof AnnounceFrame>

/**
 * What push answers on `y2w/user/service`, once per frame: 20 when the announcement has been handed to the
 * sockets. Anything else, or no answer, means that it was not taken and has to be sent again.
 */
export interface AnnounceAck {
  y2wMessageId: string
  returnCode: ReturnCode
}

/** The MQTT user name of the API's own connections. User ids are digits, so it is nobody's. */
export const SERVICE_USERNAME = 'service'
