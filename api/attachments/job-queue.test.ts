import { expect, test } from '@jest/globals'
import { JobQueue } from './job-queue.js'

/** Jobs that end when the test says so. */
function createJobs(queue: JobQueue) {
  const begun: number[] = []
  const end: ((error?: Error) => void)[] = []
  const run = (n: number) =>
    queue.run(
      () =>
        new Promise<number>((resolve, reject) => {
          begun.push(n)
          end[n] = (error) => (error ? reject(error) : resolve(n))
        }),
    )
  return { begun, end, run }
}

const settle = () => new Promise((resolve) => setImmediate(resolve))

test('so many run, so many wait in order, and whoever comes then is refused', async () => {
  const queue = new JobQueue({ atOnce: 2, maxWaiting: 3, retryAfterS: 7 })
  expect(queue.capacity).toBe(5)
  const { begun, end, run } = createJobs(queue)
  const taken = [0, 1, 2, 3, 4].map(run)
  await settle()
  expect(begun).toEqual([0, 1])
  const refusal = { code: 'Unavailable', status: 503, retryAfterS: 7 }
  await expect(run(5)).rejects.toMatchObject(refusal)
  end[1]?.()
  await settle()
  expect(begun).toEqual([0, 1, 2])
  const late = run(6)
  await expect(run(7)).rejects.toMatchObject(refusal)
  for (const n of [0, 2, 3, 4, 6]) {
    await settle()
    end[n]?.()
  }
  expect(await Promise.all([...taken, late])).toEqual([0, 1, 2, 3, 4, 6])
})

test('a job that fails gives its place back', async () => {
  const queue = new JobQueue({ atOnce: 1, maxWaiting: 0, retryAfterS: 1 })
  const { end, run } = createJobs(queue)
  for (const n of [0, 1, 2]) {
    const job = run(n)
    await settle()
    end[n]?.(new Error(`broken ${n}`))
    await expect(job).rejects.toThrow(`broken ${n}`)
  }
  expect(await queue.run(async () => 'free')).toBe('free')
})
