import { describe, expect, test } from '@jest/globals'
import { type State, type StateEvent, transition } from './states.js'

const STATES: State[] = ['idle', 'connecting', 'catchingUp', 'live', 'offline', 'kicked']

/** Follows events from `idle`; what is ignored changes nothing. */
function after(...events: StateEvent[]): State {
  return events.reduce<State>((state, event) => {
    const next = transition(state, event)
    return next === 'ignored' ? state : next
  }, 'idle')
}

describe('transition', () => {
  test.each<[string, StateEvent[], State]>([
    ['the usual way', ['start', 'accepted', 'caughtUp'], 'live'],
    ['a connection that is lost', ['start', 'accepted', 'caughtUp', 'lost'], 'offline'],
    ['and comes back', ['start', 'accepted', 'caughtUp', 'lost', 'retry', 'accepted'], 'catchingUp'],
    ['one that never came about', ['start', 'lost'], 'offline'],
    ['lost while catching up', ['start', 'accepted', 'lost', 'caughtUp'], 'offline'],
    [
      'accepted again while live: everything is pulled again',
      ['start', 'accepted', 'caughtUp', 'accepted'],
      'catchingUp',
    ],
    [
      'a pull that ends after the next loss',
      ['start', 'accepted', 'lost', 'retry', 'caughtUp'],
      'connecting',
    ],
    ['kicked while live', ['start', 'accepted', 'caughtUp', 'kicked'], 'kicked'],
    [
      'kicked stays kicked, whatever the network does',
      ['start', 'kicked', 'lost', 'retry', 'accepted'],
      'kicked',
    ],
    ['until the user starts it', ['start', 'kicked', 'start'], 'connecting'],
    ['nothing happens to who is idle', ['accepted', 'lost', 'retry', 'kicked', 'caughtUp'], 'idle'],
  ])('%s', (_title, events, state) => {
    expect(after(...events)).toBe(state)
  })

  test('stop ends in idle, from everywhere', () => {
    for (const state of STATES)
      expect([state, 'idle']).toContain(transition(state, 'stop') === 'ignored' ? state : 'idle')
    for (const state of STATES.slice(1)) expect(transition(state, 'stop')).toBe('idle')
  })

  test('a second start is no second connection', () => {
    for (const state of ['connecting', 'catchingUp', 'live'] as const) {
      expect(transition(state, 'start')).toBe('ignored')
    }
  })
})
