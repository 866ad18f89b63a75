import { expect, test } from '@jest/globals'
import { Pause } from './pause.js'

const LONG_MS = 60_000

test('ends when its time is over', async () => {
  const pause = new Pause()
  pause.begin()
  await pause.wait(1)
})

test('ends when somebody wakes, and does not begin when somebody has since the round began', async () => {
  const pause = new Pause()
  pause.begin()
  const waiting = pause.wait(LONG_MS)
  pause.wake()
  await waiting
  pause.begin()
  pause.wake()
  await pause.wait(LONG_MS)
})

test('ends with the signal, however many rounds were before', async () => {
  const pause = new Pause()
  const stopping = new AbortController()
  pause.endWith(stopping.signal)
  for (let n = 0; n < 3; n++) {
    pause.begin()
    const waiting = pause.wait(LONG_MS)
    pause.wake()
    await waiting
  }
  pause.begin()
  let isOver = false
  const waiting = pause.wait(LONG_MS).then(() => {
    isOver = true
  })
  await new Promise((resolve) => setImmediate(resolve))
  expect(isOver).toBe(false)
  stopping.abort()
  await waiting

  const late = new Pause()
  late.begin()
  late.endWith(AbortSignal.abort())
  await late.wait(LONG_MS)
})
