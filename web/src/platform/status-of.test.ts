import { expect, test } from '@jest/globals'
import type { Client, State, StatusEvent } from 'nudge-sdk'
import { statusOf } from './status-of.js'

/** As much of a client as is needed, and the way to change its state. */
function clientIn(state: State) {
  const listeners: ((event: StatusEvent) => void)[] = []
  const client = {
    state,
    on(_: 'status', listener: (event: StatusEvent) => void) {
      listeners.push(listener)
      return () => {}
    },
  }
  const turn = (state: State, retryAt?: number) => {
    const previous = client.state
    client.state = state
    for (const listener of listeners) listener({ state, previous, ...(retryAt !== undefined && { retryAt }) })
  }
  return { client: client as unknown as Client & { state: State }, turn, listeners }
}

test('whoever comes later learns when the client dials again', () => {
  const { client, turn, listeners } = clientIn('connecting')
  const store = statusOf(client)
  expect(store.get()).toEqual({ state: 'connecting' })
  turn('offline', 1234)
  expect(statusOf(client).get()).toEqual({ state: 'offline', retryAt: 1234 })
  expect(store.get()).toBe(store.get())
  turn('connecting')
  expect(store.get()).toEqual({ state: 'connecting' })
  expect(listeners).toHaveLength(1)
})

test('counts how often the client became live, and tells who listens', () => {
  const { client, turn } = clientIn('live')
  const store = statusOf(client)
  let told = 0
  const off = store.subscribe(() => {
    told += 1
  })
  turn('offline', 1)
  turn('live')
  expect(store.countOfLives()).toBe(1)
  expect(told).toBe(2)
  off()
  turn('offline')
  expect(told).toBe(2)
})

test('a client that has not told yet is taken at its state', () => {
  const { client } = clientIn('live')
  const store = statusOf(client)
  client.state = 'idle'
  expect(store.get()).toEqual({ state: 'idle' })
  expect(store.get()).toBe(store.get())
})
