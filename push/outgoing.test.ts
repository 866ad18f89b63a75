import type { Duplex } from 'node:stream'
import { Writable } from 'node:stream'
import { setTimeout as sleep } from 'node:timers/promises'
import { expect, test } from '@jest/globals'
import { Outgoing, type State } from './outgoing.js'

const LIMITS = { maxUnsentBytes: 1000, stallTimeoutMs: 60_000 }

/** A socket whose other end reads when told to. */
class Reader extends Writable {
  readonly writes: string[] = []
  #take: (() => void) | undefined
  isReading = true

  constructor() {
    super({ highWaterMark: 16 })
  }

  override _write(chunk: Buffer, _encoding: BufferEncoding, done: () => void): void {
    this.writes.push(chunk.toString())
    if (this.isReading) done()
    else this.#take = done
  }

  /** Reads on. */
  read(): void {
    this.isReading = true
    this.#take?.()
  }

  get received(): string {
    return this.writes.join('')
  }
}

function setUp(limits = LIMITS) {
  const reader = new Reader()
  const stuck: string[] = []
  const outgoing = new Outgoing(reader as unknown as Duplex, limits, (reason) => {
    stuck.push(reason)
    reader.destroy()
  })
  const put = (text: string, state?: State) => outgoing.put(Buffer.from(text), state)
  return { reader, stuck, outgoing, put }
}

const tick = () => new Promise((resolve) => setImmediate(resolve))
const state = (key: string, stamp?: number): State => ({ key, stamp })

test('what is sent in one tick is one write, in order', async () => {
  const { reader, put } = setUp()
  for (const text of ['a', 'b', 'c']) put(text)
  expect(reader.writes).toEqual([])
  await tick()
  expect(reader.writes).toEqual(['abc'])
})

test('a state that still waits is renewed in its place; everything else is sent as often as it came', async () => {
  const { reader, put } = setUp()
  put('[chat 1]', state('chat', 1))
  put('custom;')
  put('[list 1]', state('list', 1))
  put('custom;')
  put('[chat 2]', state('chat', 2))
  await tick()
  expect(reader.received).toBe('[chat 2]custom;[list 1]custom;')
  put('[chat 3]', state('chat', 3))
  await tick()
  expect(reader.received).toBe('[chat 2]custom;[list 1]custom;[chat 3]')
})

test('a state says no older stamp than what it replaces; one without a stamp takes the place of none that has one', async () => {
  const { reader, put } = setUp()
  put('[a 5]', state('a', 5))
  put('[a 4]', state('a', 4))
  put('[b 5]', state('b', 5))
  put('[b !]', state('b'))
  put('[b 6]', state('b', 6))
  put('[b !]', state('b'))
  await tick()
  expect(reader.received).toBe('[a 5][b 6][b !]')
})

test('a reader that is behind gets the newest of each state once it reads on', async () => {
  const { reader, put, stuck } = setUp()
  reader.isReading = false
  put('this is more than the sixteen bytes that the socket takes.')
  await tick()
  for (let stamp = 1; stamp <= 500; stamp++) put(`[chat ${stamp}]`, state('chat', stamp))
  await tick()
  expect(stuck).toEqual([])
  reader.read()
  await tick()
  await tick()
  expect(reader.received).toBe('this is more than the sixteen bytes that the socket takes.[chat 500]')
})

test('a reader for whom too much waits is slow', async () => {
  const { reader, put, stuck } = setUp()
  reader.isReading = false
  for (let i = 0; i < 100 && stuck.length === 0; i++) {
    put('x'.repeat(100))
    await tick()
  }
  expect(stuck).toEqual(['slow'])
  put('nothing more')
  await tick()
  expect(reader.received).not.toContain('nothing more')
})

test('a single packet may be larger than the limit', async () => {
  const { reader, put, stuck } = setUp()
  put('x'.repeat(5000))
  await tick()
  expect(stuck).toEqual([])
  expect(reader.received).toHaveLength(5000)
})

test('a reader that takes nothing at all is dead, one that takes a little now and then is not', async () => {
  const dead = setUp({ ...LIMITS, stallTimeoutMs: 200 })
  dead.reader.isReading = false
  const alive = setUp({ ...LIMITS, stallTimeoutMs: 2000 })
  alive.reader.isReading = false
  for (const { put } of [dead, alive]) {
    put('a first write that fills the socket')
    await tick()
    put('waits')
  }
  alive.reader.read()
  await sleep(300)
  expect(dead.stuck).toEqual(['dead'])
  expect(alive.stuck).toEqual([])
  expect(alive.reader.received).toMatch(/waits$/)
})

test('large amounts go out in several writes', async () => {
  const { reader, put, outgoing } = setUp({ ...LIMITS, maxUnsentBytes: 10_000_000 })
  for (let i = 0; i < 20; i++) put('x'.repeat(10_000))
  for (let i = 0; i < 20 && outgoing.unsentBytes > 0; i++) await tick()
  expect(reader.received).toHaveLength(200_000)
  expect(Math.max(...reader.writes.map((text) => text.length))).toBeLessThanOrEqual(64 * 1024)
})
