import { Y2wIMBridge } from './bridge.js'
import { Context } from './context.js'
import type { CurrentUser } from './current-user.js'
import type { Yun2winOptions } from './settings.js'
import type { Users } from './users.js'
import { makeY2wIM, type Y2wIM } from './y2w-im.js'

/** Everything of the dialect that has a state: who is logged in, and where the server is. */
export interface Yun2win {
  Users: {
    /** Always the same object. */
    getInstance(): Users
  }
  y2wIM: Y2wIM
  /** `new y2wIMBridge(currentUser)` connects. */
  y2wIMBridge: typeof Y2wIMBridge
  /** Says where the server is. What is left out stays as it was. */
  configure(options: Yun2winOptions): void
}

/**
 * A dialect of its own, beside the one that the module exports: as if its scripts had been loaded in a page of its own.
 * Two of them over one `storage` are a page and the next one.
 */
export function createYun2win(options: Yun2winOptions = {}): Yun2win {
  const context = new Context(options)
  const y2wIMBridge = bridgeClass()
  context.newBridge = (user: CurrentUser) => new y2wIMBridge(user)
  return {
    Users: { getInstance: () => context.users },
    y2wIM: makeY2wIM(context),
    y2wIMBridge,
    configure: (more) => context.configure(more),
  }
}

/** What an app may override by writing it on the class, as the document does. */
const OVERRIDABLE = [
  'handleMessage',
  'handleSendMessage',
  'handleSendTextMessage',
  'handleSendFileMessage',
  'handleSync_Contact',
  'handleSync_Message',
  'handleSync_UserConversation',
  'handleSync_UserSession',
  'onConnectionStatusChanged',
  'onMessage',
  'onSynced',
] as const

/** Its own class, so that what one app overrides and adds does not show in another. */
function bridgeClass(): typeof Y2wIMBridge {
  class Bridge extends Y2wIMBridge {
    static override sendTypes = { ...Y2wIMBridge.sendTypes }
    static override syncTypes = { ...Y2wIMBridge.syncTypes }
  }
  for (const name of OVERRIDABLE) {
    Object.defineProperty(Bridge, name, {
      get: () => Bridge.prototype[name],
      set: (handler: (typeof Bridge.prototype)[typeof name]) => {
        Object.defineProperty(Bridge.prototype, name, { value: handler, writable: true, configurable: true })
      },
    })
  }
  Object.defineProperty(Bridge, 'name', { value: 'y2wIMBridge' })
  return Bridge
}
