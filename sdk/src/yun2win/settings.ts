import type { Fetch } from '../http/rest.js'
import type { Transport } from '../link/transport.js'

/** What is used of `window.localStorage`. */
export type Yun2winStorage = Pick<Storage, 'getItem' | 'setItem' | 'removeItem'>

/** Where the server is, and what the page may bring along. */
export interface Yun2winOptions {
  /** Of the business API, as the old `config.baseUrl`: `http://127.0.0.1:8080/v1/`. Of the page unless given. */
  baseUrl?: string
  /** Where `oauth/token` is, as the old `config.y2wAutorizeUrl`; the server of `baseUrl` unless given. */
  authorizeUrl?: string
  /** The gate, which says where push is: `http://127.0.0.1:8080/gateHandler`; on the server of `baseUrl` unless given. */
  gateUrl?: string
  /** Where push is (`ws://127.0.0.1:8083/`): the gate is not asked then. */
  pushUrl?: string
  /** Which app's accounts; the server's default app unless given. */
  appKey?: string
  /** Instead of `window.localStorage`. Where there is none, things are kept in memory. */
  storage?: Yun2winStorage
  fetch?: Fetch
  /** How push is reached: MQTT over WebSocket unless given. */
  transport?: Transport
  timing?: Partial<Yun2winTiming>
}

/** How patient it is; all in ms. */
export interface Yun2winTiming {
  /** First and longest pause before something that failed is tried again; a part of it random. */
  retryFirst: number
  retryMax: number
  /** How long an answer of the API may take. */
  request: number
  /** How long push may take to acknowledge, before that counts as `sendReturnCode.timeout`. */
  ack: number
  /** Between two signs of life on the connection to push. */
  keepalive: number
  /** How long a custom sync or send may take before the queue goes on without it. */
  custom: number
}

export const TIMING: Yun2winTiming = {
  retryFirst: 1000,
  retryMax: 30_000,
  request: 20_000,
  ack: 10_000,
  keepalive: 50_000,
  custom: 120_000,
}

/** The root of the server, without a slash: what is before `/v1/`. */
export function rootOf({ baseUrl }: Yun2winOptions): string {
  const origin = baseUrl ?? (globalThis.location as Location | undefined)?.origin
  if (!origin) throw new Error('yun2win: call configure({ baseUrl }) first')
  return origin.replace(/\/+$/, '').replace(/\/v1$/, '')
}
