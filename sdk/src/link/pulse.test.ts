import { afterEach, beforeEach, describe, expect, jest, test } from '@jest/globals'
import { DEADLINES, Pulse } from './pulse.js'

// With a clock of our own; that connections do so is tested in transports.test.ts.

/** What a pulse has done, with the second in which it did. */
let events: string[]
let startedAt: number
let pulse: Pulse

const note = (event: string) =>
  events.push(`${event} at ${Math.floor((performance.now() - startedAt) / 1000)} s`)
const pass = (seconds: number) => jest.advanceTimersByTime(seconds * 1000)

beforeEach(() => {
  jest.useFakeTimers()
  startedAt = performance.now()
  events = []
  pulse = new Pulse(
    DEADLINES,
    () => note('ping'),
    () => {
      note('silent')
      pulse.stop()
    },
  )
})
afterEach(() => {
  jest.useRealTimers()
})

describe('before CONNECT is answered', () => {
  test('ten seconds are the limit, whatever else comes', () => {
    pass(9)
    pulse.beat()
    pulse.pong()
    pulse.check()
    expect(events).toEqual([])
    pass(100)
    expect(events).toEqual(['silent at 10 s'])
  })

  test('nothing happens after the end', () => {
    pulse.stop()
    pulse.check()
    pass(100)
    expect(events).toEqual([])
  })
})

describe('then', () => {
  test('it pings regularly, and goes on as long as it is answered', () => {
    pulse.accept(60)
    pass(65)
    pulse.pong()
    pass(60)
    pulse.pong()
    pass(35)
    expect(events).toEqual(['ping at 60 s', 'ping at 120 s'])
  })

  test('ten seconds without an answer to a ping are the end', () => {
    pulse.accept(60)
    pass(159)
    expect(events).toEqual(['ping at 60 s', 'silent at 70 s'])
  })

  test('pings that come faster than that do not put it off', () => {
    pulse.accept(4)
    pass(100)
    expect(events).toEqual(['ping at 4 s', 'ping at 8 s', 'ping at 12 s', 'silent at 14 s'])
  })

  test('what comes without having been asked for changes nothing', () => {
    pulse.accept(60)
    pass(59)
    pulse.beat()
    pulse.pong()
    pass(40)
    expect(events).toEqual(['ping at 60 s', 'silent at 70 s'])
  })

  test('a keepalive of 0 is none', () => {
    pulse.accept(0)
    pass(100_000)
    expect(events).toEqual([])
  })
})

describe('a check', () => {
  beforeEach(() => pulse.accept(60))

  test('pings at once, and five seconds without an answer are the end', () => {
    pulse.check()
    expect(events).toEqual(['ping at 0 s'])
    pass(100)
    expect(events).toEqual(['ping at 0 s', 'silent at 5 s'])
  })

  test('does nothing more once it is answered', () => {
    pulse.check()
    pass(4)
    pulse.pong()
    pass(40)
    expect(events).toEqual(['ping at 0 s'])
  })

  test('waits for an answer behind other things, as long as they keep coming', () => {
    pulse.check()
    for (let i = 0; i < 4; i += 1) {
      pass(4)
      pulse.beat()
    }
    pass(4)
    pulse.pong()
    pass(39)
    expect(events).toEqual(['ping at 0 s'])
  })

  test('is not answered by what was under way already', () => {
    pulse.check()
    pass(1)
    pulse.beat()
    pass(40)
    expect(events).toEqual(['ping at 0 s', 'silent at 6 s'])
  })

  test('after another does not put off the end', () => {
    pulse.check()
    pass(3)
    pulse.check()
    pass(50)
    expect(events).toEqual(['ping at 0 s', 'ping at 3 s', 'silent at 5 s'])
  })

  test('after a regular ping makes the end come sooner', () => {
    pass(61)
    pulse.check()
    pass(50)
    expect(events).toEqual(['ping at 60 s', 'ping at 61 s', 'silent at 66 s'])
  })

  test('before a regular ping is not put off by it', () => {
    pass(58)
    pulse.check()
    pass(50)
    expect(events).toEqual(['ping at 58 s', 'ping at 60 s', 'silent at 63 s'])
  })

  test('after the end does nothing', () => {
    pulse.stop()
    pulse.check()
    pass(100)
    expect(events).toEqual([])
  })
})

test('what came while the page was frozen is read before it is taken for silent', () => {
  pulse.accept(60)
  pulse.check()
  pass(5)
  pulse.pong()
  pass(50)
  expect(events).toEqual(['ping at 0 s'])
})
