/** What CONNECT carries. */
export interface Dial {
  /** `ws://` or `wss://`; `mqtt://` and `mqtts://` with a transport that speaks TCP. */
  url: string
  clientId: string
  username: string
  password: string
  /** Seconds between two signs of life. */
  keepaliveS: number
}

/** What a transport calls. */
export interface LinkHandlers {
  /** The server's answer to CONNECT: 0 accepted, others as in `ConnectCode`. */
  onConnack(code: number): void
  /** The payload of a PUBLISH, as text. */
  onFrame(payload: string): void
  /** The connection is over, or never came to be: called exactly once, and nothing after it. */
  onClose(): void
}

/** One connection to push, from dialling to its end. It never dials again by itself. */
export interface Link {
  /** QoS 0. What is published on a connection that is over is lost. */
  publish(topic: string, payload: string): void
  /** Asks for a sign of life at once; without one within a few seconds the connection is closed. */
  check(): void
  /** Ends it, with a goodbye where there is time for one. */
  close(): void
}

/** Dials. Failures show as `onClose`; it never throws. */
export type Transport = (dial: Dial, handlers: LinkHandlers) => Link
