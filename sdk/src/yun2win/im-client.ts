import { ConnectCode, ReturnCode } from '../../../shared/wire/codes.js'
import { parseTopic, sessionTopic } from '../../../shared/wire/topics.js'
import { attempt } from '../events.js'
import { guid } from '../guid.js'
import { readFrame } from '../link/frames.js'
import type { Link } from '../link/transport.js'
import { BackOff } from '../sync/back-off.js'
import { watchEnvironment } from '../sync/environment.js'
import { connectionReturnCode, connectionStatus, sendReturnCode } from './codes.js'
import type { Context } from './context.js'

/** What push sends on: `{ cmd: 'sendMessage', message: { syncs: [...] } }`, or what an app has made of `message`. */
export interface IMNotification {
  cmd: string
  // biome-ignore lint/suspicious/noExplicitAny: apps send what they like
  message: any
  // biome-ignore lint/suspicious/noExplicitAny: newer servers may say more
  [more: string]: any
}

/** Whom to connect as, and whom to tell. */
export interface ConnectOptions {
  appKey: string
  /** An imToken: see `currentUser.remote.syncIMToken`. */
  token: string
  uid: string
  /** `msg` is the number of the try (reconnecting), or a `connectionReturnCode` (disconnected). */
  onConnectionStatusChanged?(status: number, msg?: number): void
  /** A notification, as it came. */
  onMessage?(obj: IMNotification): void
}

/** A session as push knows it. */
export interface IMSession {
  /** `<type>_<id>` */
  id: string
  /** `session.members.createdAt` (ms). */
  mts: number
  /** For `updateSession`. */
  members?: IMMember[]
  /** For `updateSession`: the members are all there are. */
  force?: boolean
}

/** A member as push is told of him. */
export interface IMMember {
  uid: string
  isDel?: boolean
}

/** Exactly one of them is called. */
export interface SendCallbacks {
  /** Push has passed it on. */
  onSuccess?(imSession: IMSession, message: object | undefined): void
  /** `mts` is the server's, with the codes about mts. */
  onFailure?(returnCode: number, imSession: IMSession, message: object | undefined, mts?: number): void
}

interface Sending {
  topic: string
  id: string
  payload: string
  done(code: number, mts?: number): void
}

/** What survives a new token: push knows a device by it. */
export interface Device {
  guid: string
  wasConnected: boolean
}

/** A connection to push that dials again by itself. It only connects; see `y2wIMBridge` for what to do with it. */
export class IMClient {
  readonly #context: Context
  readonly #options: ConnectOptions
  readonly #device: Device
  readonly #backOff: BackOff
  readonly #sent = new Map<string, Sending & { timer: ReturnType<typeof setTimeout> }>()
  /** Until push accepts the connection. */
  #waiting: Sending[] = []
  #link: Link | undefined
  /** Of the newest dial: what older ones still say counts no more. */
  #dial = 0
  #tries = 0
  #isAccepted = false
  #isUnreachable = false
  #isOver = false
  #retry: ReturnType<typeof setTimeout> | undefined
  #unwatch: (() => void) | undefined

  /** @internal */
  constructor(
    context: Context,
    options: ConnectOptions,
    device: Device = { guid: guid(), wasConnected: false },
  ) {
    this.#context = context
    this.#options = options
    this.#device = device
    this.#backOff = new BackOff(context.backOff)
    // Whoever called has the client in hand before he is told anything.
    queueMicrotask(() => this.#start())
  }

  /** Sends to the members of a session. What is sent before the connection stands waits for it. */
  sendMessage(imSession: IMSession, message: object, callbacks?: SendCallbacks): void {
    this.#send('sendMessage', imSession, message, callbacks)
  }

  /** Tells push who is in a session, and sends the message to them. Our push asks the API who they are. */
  updateSession(imSession: IMSession, message?: object, callbacks?: SendCallbacks): void {
    this.#send('updateSession', imSession, message, callbacks)
  }

  /** Ends it. `cb` is called once it has ended. */
  disconnect(cb?: () => void): void {
    this.#end()
    if (cb) queueMicrotask(() => attempt(cb))
  }

  #start(): void {
    if (this.#isOver) return
    const { appKey, token, uid } = this.#options
    this.#tell(connectionStatus.connecting)
    const { uidIsInvalid, tokenIsInvalid, appKeyIsInvalid } = connectionReturnCode
    const fault = !uid ? uidIsInvalid : !token ? tokenIsInvalid : !appKey ? appKeyIsInvalid : undefined
    if (fault !== undefined) {
      this.#finish(fault)
      return
    }
    this.#unwatch = watchEnvironment({ onWake: () => this.#wake(), onNetworkLost: () => this.#link?.check() })
    void this.#connect()
  }

  async #connect(): Promise<void> {
    this.#dial += 1
    const dial = this.#dial
    const isCurrent = () => this.#dial === dial && !this.#isOver
    let url: string
    try {
      url = await this.#context.pushUrl(this.#isUnreachable)
    } catch {
      if (isCurrent()) this.#lost()
      return
    }
    if (!isCurrent()) return
    const { uid, token } = this.#options
    const { guid, wasConnected } = this.#device
    this.#link = this.#context.transport(
      {
        url,
        // Whether it reconnects, and the class of the device: `0` for every page. (yun2win.md §2.2)
        clientId: `${wasConnected ? 1 : 0}0${guid}`,
        username: uid,
        password: token,
        keepaliveS: Math.round(this.#context.timing.keepalive / 1000),
      },
      {
        onConnack: (code) => {
          if (isCurrent() && code !== 0) this.#refused(code)
        },
        onFrame: (payload) => {
          if (isCurrent()) this.#receive(payload)
        },
        onClose: () => {
          if (isCurrent()) this.#lost()
        },
      },
    )
  }

  #refused(code: number): void {
    if (code === ConnectCode.unavailable) return
    // 1: what MQTT itself calls a wrong protocol.
    if (code < 7 || code === ConnectCode.kicked) this.#finish(code === 1 ? 3 : code)
    else this.#tell(connectionStatus.disconnected, code)
  }

  #receive(payload: string): void {
    const frame = readFrame(payload)
    if (frame?.kind === 'ack') this.#settle(frame.id, frame.returnCode, frame.mts)
    else if (frame?.kind === 'notification') {
      attempt(() => this.#options.onMessage?.(frame.frame as unknown as IMNotification))
    } else if (frame?.returnCode === ReturnCode.accepted) this.#accepted()
    else if (frame?.returnCode === ReturnCode.kicked) this.#finish(connectionReturnCode.kicked)
  }

  #accepted(): void {
    this.#isAccepted = true
    this.#isUnreachable = false
    this.#device.wasConnected = true
    this.#tries = 0
    this.#backOff.reset()
    this.#tell(connectionStatus.connected)
    for (const sending of this.#waiting.splice(0)) this.#publish(sending)
  }

  #lost(): void {
    this.#dial += 1
    this.#link = undefined
    if (this.#isAccepted || !this.#isUnreachable) this.#tell(connectionStatus.networkDisconnected)
    this.#isUnreachable = !this.#isAccepted
    this.#isAccepted = false
    clearTimeout(this.#retry)
    this.#retry = setTimeout(() => this.#again(), this.#backOff.next())
  }

  #again(): void {
    clearTimeout(this.#retry)
    this.#retry = undefined
    this.#tries += 1
    this.#tell(connectionStatus.reconnecting, this.#tries)
    if (!this.#isOver) void this.#connect()
  }

  /** The network may be back, or may have gone without a word. */
  #wake(): void {
    if (this.#retry !== undefined) this.#again()
    else this.#link?.check()
  }

  #send(
    cmd: 'sendMessage' | 'updateSession',
    imSession: IMSession,
    message: object | undefined,
    callbacks?: SendCallbacks,
  ): void {
    const done = (code: number, mts?: number) =>
      attempt(() =>
        code === sendReturnCode.success
          ? callbacks?.onSuccess?.(imSession, message)
          : callbacks?.onFailure?.(code, imSession, message, mts),
      )
    const fault = faultOf(imSession, cmd)
    const id = guid()
    const payload = fault ? undefined : encode({ cmd, y2wMessageId: id, imSession, message })
    if (fault || payload === undefined || this.#isOver) {
      const code =
        fault ?? (this.#isOver ? sendReturnCode.timeout : sendReturnCode.invalidFormatOfJSONContent)
      queueMicrotask(() => done(code))
      return
    }
    const sending = { topic: topicOf(imSession.id) as string, id, payload, done }
    if (this.#isAccepted) this.#publish(sending)
    else this.#waiting.push(sending)
  }

  #publish(sending: Sending): void {
    const timer = setTimeout(() => {
      // It may be the connection that does not answer.
      this.#link?.check()
      this.#settle(sending.id, sendReturnCode.timeout)
    }, this.#context.timing.ack)
    this.#sent.set(sending.id, { ...sending, timer })
    this.#link?.publish(sending.topic, sending.payload)
  }

  #settle(id: string, code: number, mts?: number): void {
    const sending = this.#sent.get(id)
    if (!sending) return
    this.#sent.delete(id)
    clearTimeout(sending.timer)
    sending.done(code, mts)
  }

  /** It has ended for good, by the server's word. */
  #finish(code: number): void {
    this.#end()
    this.#tell(connectionStatus.disconnected, code, true)
  }

  #end(): void {
    if (this.#isOver) return
    this.#isOver = true
    clearTimeout(this.#retry)
    this.#unwatch?.()
    this.#link?.close()
    const waiting = this.#waiting.splice(0)
    const sent = [...this.#sent.keys()]
    queueMicrotask(() => {
      for (const id of sent) this.#settle(id, sendReturnCode.timeout)
      for (const { done } of waiting) done(sendReturnCode.timeout)
    })
  }

  #tell(status: number, msg?: number, isLast = false): void {
    if (this.#isOver && !isLast) return
    attempt(() => this.#options.onConnectionStatusChanged?.(status, msg))
  }
}

/** What can be seen to be wrong before it is sent. (yun2win.md §2.4) */
function faultOf(imSession: IMSession | undefined, cmd: string): number | undefined {
  if (!imSession) return sendReturnCode.sessionIsInvalid
  if (!imSession.id || topicOf(imSession.id) === undefined) return sendReturnCode.sessionIdIsInvalid
  if (typeof imSession.mts !== 'number' || !imSession.mts) return sendReturnCode.sessionMTSIsInvalid
  const needsMembers = cmd === 'updateSession' && !Array.isArray(imSession.members)
  return needsMembers ? sendReturnCode.sessionMembersIsInvalid : undefined
}

/** Undefined for what is no session: push would take other topics for an attack, and cut the connection. */
function topicOf(ref: string): string | undefined {
  const [type = '', id = ''] = ref.split('_')
  const topic = sessionTopic(type as Parameters<typeof sessionTopic>[0], id)
  return ref === `${type}_${id}` && parseTopic(topic) ? topic : undefined
}

interface Outgoing {
  cmd: string
  y2wMessageId: string
  imSession: IMSession
  message: object | undefined
}

/** Undefined for what is no JSON. */
function encode({ cmd, y2wMessageId, imSession, message }: Outgoing): string | undefined {
  const { mts, members, force } = imSession
  const update = cmd === 'updateSession' ? { members, ...(force !== undefined && { force }) } : {}
  try {
    return JSON.stringify({ cmd, y2wMessageId, mts, ...update, message })
  } catch {
    return undefined
  }
}
