import { beforeEach, describe, expect, test } from '@jest/globals'
import { NudgeError } from '../errors.js'
import { SyncQueue } from './queue.js'

/** Runs of the queue that the test ends by hand. */
class Runs {
  readonly started: string[] = []
  readonly refused: string[] = []
  #ends = new Map<string, { resolve(): void; reject(error: unknown): void }>()

  readonly queue = new SyncQueue({
    run: (key) => {
      this.started.push(key)
      return new Promise((resolve, reject) => {
        this.#ends.set(key, { resolve, reject })
      })
    },
    onRefused: (key) => this.refused.push(key),
    concurrency: 2,
    backOff: { firstMs: 1, maxMs: 2 },
  })

  end(key: string): Promise<void> {
    this.#ends.get(key)?.resolve()
    return settle()
  }

  fail(key: string, error: unknown): Promise<void> {
    this.#ends.get(key)?.reject(error)
    return settle()
  }
}

const settle = () => new Promise<void>((resolve) => setTimeout(resolve, 0))
const REFUSAL = new NudgeError('NotAllowed', 'no', 403)
const OUTAGE = new NudgeError('Unreachable', 'no answer')

let runs: Runs
beforeEach(() => {
  runs = new Runs()
  runs.queue.start()
})

describe('SyncQueue', () => {
  test('runs in the order of arrival, so many at a time', async () => {
    for (const key of ['a', 'b', 'c']) void runs.queue.want(key)
    await settle()
    expect(runs.started).toEqual(['a', 'b'])
    await runs.end('b')
    expect(runs.started).toEqual(['a', 'b', 'c'])
  })

  test('a burst of wants is one run, and one more when they come while it runs', async () => {
    const before = Array.from({ length: 100 }, () => runs.queue.want('a'))
    await settle()
    const during = Array.from({ length: 100 }, () => runs.queue.want('a'))
    await runs.end('a')
    await Promise.all(before)
    expect(runs.started).toEqual(['a', 'a'])
    await runs.end('a')
    await Promise.all(during)
    expect(runs.started).toEqual(['a', 'a'])
    expect(runs.queue.isIdle).toBe(true)
  })

  test('who wants while it runs waits for the next run: this one may have looked before', async () => {
    void runs.queue.want('a')
    await settle()
    let isDone = false
    const second = runs.queue.want('a').then(() => {
      isDone = true
    })
    await runs.end('a')
    expect(isDone).toBe(false)
    await runs.end('a')
    await second
  })

  test('what fails in passing is tried until it succeeds; who is patient waits that long', async () => {
    const patient = runs.queue.want('a')
    const impatient = runs.queue.pull('a')
    await settle()
    const failed = expect(impatient).rejects.toBe(OUTAGE)
    await runs.fail('a', OUTAGE)
    await failed
    while (runs.started.length < 2) await settle()
    await runs.end('a')
    await patient
    expect(runs.refused).toEqual([])
  })

  test('waits as long as the server asks', async () => {
    const wanted = runs.queue.want('a')
    await settle()
    const before = Date.now()
    await runs.fail('a', new NudgeError('TooManyRequests', 'later', 429, 60))
    while (runs.started.length < 2) await settle()
    expect(Date.now() - before).toBeGreaterThanOrEqual(59)
    await runs.end('a')
    await wanted
  })

  test('hurry tries now what waits for its next try', async () => {
    void runs.queue.want('a')
    await settle()
    await runs.fail('a', new NudgeError('TooManyRequests', 'later', 429, 3_600_000))
    runs.queue.hurry()
    await settle()
    expect(runs.started).toEqual(['a', 'a'])
    await runs.end('a')
  })

  test('a refusal ends it: told once, and the patient go on', async () => {
    const patient = runs.queue.want('a')
    const impatient = runs.queue.pull('a')
    await settle()
    const failed = expect(impatient).rejects.toBe(REFUSAL)
    await runs.fail('a', REFUSAL)
    await failed
    await patient
    expect(runs.refused).toEqual(['a'])
    expect(runs.queue.isIdle).toBe(true)
  })

  test('one that is refused while it is wanted again runs again', async () => {
    void runs.queue.want('a')
    await settle()
    const again = runs.queue.want('a')
    await runs.fail('a', REFUSAL)
    await runs.end('a')
    await again
    expect(runs.started).toEqual(['a', 'a'])
  })

  test('stop lets everybody go, and nothing begins any more', async () => {
    const wanted = [runs.queue.want('a'), runs.queue.want('b'), runs.queue.want('c')]
    await settle()
    const all = Promise.allSettled(wanted)
    runs.queue.stop()
    for (const { status } of await all) expect(status).toBe('rejected')
    await runs.end('a')
    await runs.fail('b', OUTAGE)
    await expect(runs.queue.want('d')).rejects.toMatchObject({ code: 'Cancelled' })
    expect(runs.started).toEqual(['a', 'b'])
    expect(runs.refused).toEqual([])
  })
})
