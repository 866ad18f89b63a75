import { AnnounceFrame } from '../shared/server/announce-frame.js'
import type { Announcement } from '../shared/server/announcement.js'
import type { Log } from '../shared/server/log.js'
import { parseLoginsTopic } from '../shared/server/logins.js'
import type { Membership } from '../shared/server/membership.js'
import { ReturnCode } from '../shared/wire/codes.js'
import {
  type AckFrame,
  type NotificationFrame,
  SendMessageFrame,
  UpdateSessionFrame,
} from '../shared/wire/frames.js'
import { parseTopic } from '../shared/wire/topics.js'
import type { Identity } from './connect.js'
import type { Delivery } from './deliver.js'
import { encodeFrame } from './encode.js'
import { LookupError } from './lookups.js'
import type { MembershipCache } from './membership-cache.js'
import { isNestedBeyond } from './nesting.js'
import { stateOf } from './state.js'

/** Reading and writing what is nested without end takes seconds. */
const MAX_LEVELS = 64

/** What becomes of a received frame. Nothing at all when it cannot be answered. */
export interface Decision {
  ack?: AckFrame
  delivery?: Delivery
}

type Relayed = SendMessageFrame | UpdateSessionFrame

/** What is decided about a frame before its id is put on the ack. */
interface Verdict {
  returnCode: ReturnCode
  mts?: number
  delivery?: Delivery
}

const DROPPED: Verdict = { returnCode: ReturnCode.delivered }

/**
 * Decides about every frame that clients publish, by the table of the authoritative variant (yun2win.md §2.7):
 * membership and mts come from the API, and whoever may not speak learns nothing. Only decides: answering and
 * delivering, in arrival order, is up to the caller.
 */
export class Relay {
  /** `plan` finds out whom an announcement of the API concerns; rejects when it cannot be told now. */
  constructor(
    private readonly memberships: MembershipCache,
    private readonly plan: (announcement: Announcement) => Promise<Delivery | undefined>,
    private readonly log: Log,
  ) {}

  /** Never rejects. When the API cannot be asked a user gets no ack and his client sends again by itself. */
  async decide(sender: Identity, topic: string, payload: Buffer): Promise<Decision> {
    const frame = readFrame(payload)
    const id = frame ? readId(frame) : findId(payload)
    // Frames without a readable id could never be acked. Old clients always send one.
    if (id === undefined) return {}
    const answer = ({ delivery, ...ack }: Verdict): Decision => ({
      ack: { y2wMessageId: id, ...ack },
      delivery,
    })
    if (!frame) return answer({ returnCode: ReturnCode.badJson })
    try {
      return answer(await this.#judge(sender, topic, frame))
    } catch (error) {
      // The lookups themselves say in the log when they fail, once.
      const level = error instanceof LookupError ? 'debug' : 'error'
      this.log[level]({ err: error, userId: sender.userId, topic }, 'a frame could not be relayed')
      return sender.kind === 'service' ? answer({ returnCode: ReturnCode.serverError }) : {}
    }
  }

  /**
   * What is left of a delivery when its turn comes, which may be long after the decision: members may have
   * changed meanwhile, the sender among them.
   */
  recheck(sender: Identity, delivery: Delivery): Delivery | undefined {
    const membership =
      delivery.sessionId === undefined ? undefined : this.memberships.peek(delivery.sessionId)
    if (!membership) return delivery
    return maySpeak(sender, membership) ? { ...delivery, userIds: membership.memberIds } : undefined
  }

  async #judge(sender: Identity, topic: string, raw: Record<string, unknown>): Promise<Verdict> {
    const target = parseTopic(topic)
    if (raw.cmd === 'announce' && sender.kind === 'service' && (target || parseLoginsTopic(topic))) {
      return this.#announce(topic, raw)
    }
    if (!target || target.kind === 'user') return { returnCode: ReturnCode.badCommand }

    const frame = parseRelayed(raw)
    if (typeof frame === 'number') return { returnCode: frame }
    if (target.type === 'y2wIMApp') return toApplication(sender, target.id, frame)
    return this.#toSession(sender, target, frame)
  }

  async #announce(topic: string, raw: unknown): Promise<Verdict> {
    const parsed = AnnounceFrame.safeParse(raw)
    if (!parsed.success) return { returnCode: ReturnCode.badJson }
    const delivery = await this.plan({ topic, ...parsed.data })
    return { returnCode: ReturnCode.delivered, delivery }
  }

  async #toSession(sender: Identity, target: { type: string; id: string }, frame: Relayed): Promise<Verdict> {
    // A client that knows a newer mts than we do has just learnt of a change, perhaps that it is a member now.
    const asker = sender.kind === 'service' ? 'api' : 'client'
    const membership = await (frame.mts === undefined
      ? this.memberships.find(target.id, asker)
      : this.memberships.findSince(target.id, frame.mts, asker))
    if (!membership || membership.type !== target.type || !maySpeak(sender, membership)) return DROPPED

    // Old clients send an invented mts to their own devices, and lose their way when told so.
    const isMtsChecked = frame.cmd === 'sendMessage' && membership.type !== 'single' && sender.kind === 'user'
    if (isMtsChecked && frame.mts !== membership.mts) {
      const isOld = frame.mts < membership.mts
      const returnCode = isOld ? ReturnCode.clientMtsExpired : ReturnCode.serverMtsExpired
      return { returnCode, mts: membership.mts }
    }
    return {
      returnCode: ReturnCode.delivered,
      delivery: toDelivery(membership.memberIds, frame, target.id),
    }
  }
}

/** The application channel to one user: that user's own devices and the API may use it. */
function toApplication(sender: Identity, userId: string, frame: Relayed): Verdict {
  if (sender.kind !== 'service' && sender.userId !== userId) return DROPPED
  return { returnCode: ReturnCode.delivered, delivery: toDelivery(new Set([userId]), frame) }
}

function maySpeak(sender: Identity, membership: Membership): boolean {
  if (sender.kind === 'service') return true
  if (membership.isDeleted) return false
  return sender.appId === membership.appId && membership.memberIds.has(sender.userId)
}

/** The embedded message goes on as it came, without the sender's id: a receiver would take that for an ack. */
function toDelivery(
  userIds: ReadonlySet<string>,
  { message }: Relayed,
  sessionId?: string,
): Delivery | undefined {
  if (!message) return undefined
  const frame: NotificationFrame = { cmd: 'sendMessage', message }
  return { userIds, payload: encodeFrame(frame), state: stateOf(message), sessionId }
}

/** A frame that is to be relayed, or the code that says why not. Its message is the object that came, uncopied. */
function parseRelayed(raw: Record<string, unknown>): Relayed | ReturnCode {
  if (raw.cmd === 'sendMessage') {
    return SendMessageFrame.safeParse(raw).success ? (raw as SendMessageFrame) : ReturnCode.badJson
  }
  if (raw.cmd === 'updateSession') {
    if (!Array.isArray(raw.members)) return ReturnCode.membersMissing
    const update = raw.force === true ? withoutWrongs(raw) : raw
    return UpdateSessionFrame.safeParse(update).success ? (update as UpdateSessionFrame) : ReturnCode.badJson
  }
  return ReturnCode.badCommand
}

/** A forced update is an old client's last resort and must end in 20, so what is wrong in it counts as absent. */
function withoutWrongs(raw: Record<string, unknown>): Record<string, unknown> {
  const { mts, message } = UpdateSessionFrame.shape
  return {
    ...raw,
    mts: mts.safeParse(raw.mts).success ? raw.mts : undefined,
    message: message.safeParse(raw.message).success ? raw.message : undefined,
  }
}

function readFrame(payload: Buffer): Record<string, unknown> | undefined {
  if (isNestedBeyond(MAX_LEVELS, payload)) return undefined
  try {
    const value: unknown = JSON.parse(payload.toString())
    return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : undefined
  } catch {
    return undefined
  }
}

function readId({ y2wMessageId: id }: Record<string, unknown>): string | undefined {
  return typeof id === 'string' && id.length > 0 && id.length <= 128 ? id : undefined
}

/** The id in a payload that is not JSON, such as a truncated one. */
function findId(payload: Buffer): string | undefined {
  return /"y2wMessageId"\s*:\s*"([\w-]{1,128})"/.exec(payload.toString())?.[1]
}
