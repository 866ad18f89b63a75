/**
 * Where a client stands with the server.
 *
 * - `idle`: nobody is logged in, or the client was stopped.
 * - `connecting`: dialling push.
 * - `catchingUp`: connected, and pulling what changed meanwhile.
 * - `live`: everything is here; whatever changes next will be announced.
 * - `offline`: no connection; dials again by itself.
 * - `kicked`: another device has taken the place of this one; only the user starts it again.
 */
export type State = 'idle' | 'connecting' | 'catchingUp' | 'live' | 'offline' | 'kicked'

export type StateEvent =
  /** The app, or a login, wants to be connected. */
  | 'start'
  /** Logged out, or closed. */
  | 'stop'
  /** Push has let us in. */
  | 'accepted'
  /** Every list has been pulled since. */
  | 'caughtUp'
  /** The connection is over, or did not come about. */
  | 'lost'
  /** It is time to dial again. */
  | 'retry'
  /** Push has given our place away. */
  | 'kicked'

export type Transition = State | 'ignored'

/** Every event in every state: leave one out and this does not compile. */
type Table = { readonly [S in State]: { readonly [E in StateEvent]: Transition } }

const TABLE: Table = {
  idle: {
    start: 'connecting',
    stop: 'ignored',
    accepted: 'ignored',
    caughtUp: 'ignored',
    lost: 'ignored',
    retry: 'ignored',
    kicked: 'ignored',
  },
  connecting: {
    start: 'ignored',
    stop: 'idle',
    accepted: 'catchingUp',
    caughtUp: 'ignored',
    lost: 'offline',
    retry: 'ignored',
    kicked: 'kicked',
  },
  catchingUp: {
    start: 'ignored',
    stop: 'idle',
    // Accepted once more: the server asks for everything to be pulled again.
    accepted: 'catchingUp',
    caughtUp: 'live',
    lost: 'offline',
    retry: 'ignored',
    kicked: 'kicked',
  },
  live: {
    start: 'ignored',
    stop: 'idle',
    accepted: 'catchingUp',
    caughtUp: 'ignored',
    lost: 'offline',
    retry: 'ignored',
    kicked: 'kicked',
  },
  offline: {
    start: 'connecting',
    stop: 'idle',
    accepted: 'ignored',
    caughtUp: 'ignored',
    lost: 'ignored',
    retry: 'connecting',
    kicked: 'kicked',
  },
  kicked: {
    start: 'connecting',
    stop: 'idle',
    accepted: 'ignored',
    caughtUp: 'ignored',
    lost: 'ignored',
    retry: 'ignored',
    kicked: 'ignored',
  },
}

export function transition(state: State, event: StateEvent): Transition {
  return TABLE[state][event]
}
