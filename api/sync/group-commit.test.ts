import { expect, jest, test } from '@jest/globals'
import { GroupCommit } from './group-commit.js'

/** A store whose batches end when the test says so. */
function createStore(options: { maxBatch?: number; maxWaiting?: number } = {}) {
  const batches: { lane: string; items: number[]; end(error?: Error): void }[] = []
  const commits = new GroupCommit<number, string>({
    maxBatch: 100,
    maxWaiting: 100,
    ...options,
    run: (lane, items) =>
      new Promise((resolve, reject) => {
        const outcomes = items.map(
          (item): PromiseSettledResult<string> =>
            item < 0
              ? { status: 'rejected', reason: new Error(`bad ${item}`) }
              : { status: 'fulfilled', value: `stored ${item}` },
        )
        batches.push({ lane, items, end: (error) => (error ? reject(error) : resolve(outcomes)) })
      }),
  })
  return { commits, batches }
}

/** Lets everything run that waits for nothing but promises. */
const settle = () => new Promise((resolve) => setImmediate(resolve))

test('a lone item goes out at once, without a timer', () => {
  const timeout = jest.spyOn(globalThis, 'setTimeout')
  const { commits, batches } = createStore()
  void commits.submit('a', 1)
  // In the same tick, even.
  expect(batches.map(({ items }) => items)).toEqual([[1]])
  expect(timeout).not.toHaveBeenCalled()
  timeout.mockRestore()
})

test('while one batch is in flight the next one collects, in order', async () => {
  const { commits, batches } = createStore({ maxBatch: 3 })
  const results = [1, 2, 3, 4, 5].map((item) => commits.submit('a', item))
  await settle()
  expect(batches.map(({ items }) => items)).toEqual([[1]])
  batches[0]?.end()
  await settle()
  expect(batches.map(({ items }) => items)).toEqual([[1], [2, 3, 4]])
  results.push(commits.submit('a', 6))
  batches[1]?.end()
  await settle()
  expect(batches.map(({ items }) => items)).toEqual([[1], [2, 3, 4], [5, 6]])
  batches[2]?.end()
  expect(await Promise.all(results)).toEqual([1, 2, 3, 4, 5, 6].map((item) => `stored ${item}`))
})

test('nothing is answered before its batch has ended', async () => {
  const { commits, batches } = createStore()
  let isAnswered = false
  const result = commits.submit('a', 1).then(() => {
    isAnswered = true
  })
  await settle()
  expect(isAnswered).toBe(false)
  batches[0]?.end()
  await result
  expect(isAnswered).toBe(true)
})

test('a bad item fails alone', async () => {
  const { commits, batches } = createStore()
  const first = commits.submit('a', 0)
  const rest = [1, -2, 3].map((item) => commits.submit('a', item))
  batches[0]?.end()
  await first
  batches[1]?.end()
  expect(await Promise.allSettled(rest)).toEqual([
    { status: 'fulfilled', value: 'stored 1' },
    { status: 'rejected', reason: new Error('bad -2') },
    { status: 'fulfilled', value: 'stored 3' },
  ])
})

test('a batch that fails takes its own items with it and no others', async () => {
  const { commits, batches } = createStore({ maxBatch: 2 })
  const results = Promise.allSettled([1, 2, 3, 4].map((item) => commits.submit('a', item)))
  batches[0]?.end()
  await settle()
  batches[1]?.end(new Error('no database'))
  await settle()
  batches[2]?.end()
  expect((await results).map(({ status }) => status)).toEqual([
    'fulfilled',
    'rejected',
    'rejected',
    'fulfilled',
  ])
  // And the lane goes on.
  const next = commits.submit('a', 5)
  batches[3]?.end()
  expect(await next).toBe('stored 5')
})

test('a result that is missing is an error, not a wait without end', async () => {
  const commits = new GroupCommit<number, string>({ maxBatch: 9, maxWaiting: 9, run: async () => [] })
  await expect(commits.submit('a', 1)).rejects.toThrow('no result')
})

test('a store that throws at once rejects, too', async () => {
  const commits = new GroupCommit<number, string>({
    maxBatch: 9,
    maxWaiting: 9,
    run: () => {
      throw new Error('at once')
    },
  })
  await expect(commits.submit('a', 1)).rejects.toThrow('at once')
  await expect(commits.submit('a', 2)).rejects.toThrow('at once')
})

test('lanes do not wait for each other', async () => {
  const { commits, batches } = createStore()
  const stuck = commits.submit('a', 1)
  const other = commits.submit('b', 2)
  expect(batches.map(({ lane }) => lane)).toEqual(['a', 'b'])
  batches[1]?.end()
  expect(await other).toBe('stored 2')
  void commits.submit('b', 3)
  await settle()
  expect(batches.map(({ lane, items }) => [lane, ...items])).toEqual([
    ['a', 1],
    ['b', 2],
    ['b', 3],
  ])
  batches[0]?.end()
  expect(await stuck).toBe('stored 1')
})

test('a lane that is full refuses at once, and takes again when it has room', async () => {
  const { commits, batches } = createStore({ maxWaiting: 2 })
  // One in flight, two waiting.
  const taken = [1, 2, 3].map((item) => commits.submit('a', item))
  await expect(commits.submit('a', 4)).rejects.toMatchObject({ code: 'Unavailable', status: 503 })
  const elsewhere = commits.submit('b', 5)
  batches[0]?.end()
  await settle()
  const later = commits.submit('a', 6)
  for (const batch of batches) batch.end()
  await settle()
  for (const batch of batches) batch.end()
  expect(await Promise.all([...taken, elsewhere, later])).toEqual(
    [1, 2, 3, 5, 6].map((item) => `stored ${item}`),
  )
})
