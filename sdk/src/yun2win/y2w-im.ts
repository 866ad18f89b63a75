import { connectionReturnCode, connectionStatus, sendReturnCode } from './codes.js'
import type { Context } from './context.js'
import { type ConnectOptions, IMClient } from './im-client.js'

/** The push service. */
export interface Y2wIM {
  /** Connects, and goes on connecting until it is disconnected, refused or kicked. */
  connect(opts: ConnectOptions): IMClient
  readonly connectionStatus: typeof connectionStatus
  readonly connectionReturnCode: typeof connectionReturnCode
  readonly sendReturnCode: typeof sendReturnCode
}

export function makeY2wIM(context: Context): Y2wIM {
  return {
    connect: (opts) => new IMClient(context, opts),
    connectionStatus,
    connectionReturnCode,
    sendReturnCode,
  }
}
