import { describe, expect, test } from '@jest/globals'
import { FakeArea } from '../../test/helpers/key-value-area.js'
import { describeStorage } from '../../test/helpers/storage-suite.js'
import { localStorageStorage } from './local-storage.js'
import type { Storage, Write } from './storage.js'

describeStorage('localStorageStorage', () => localStorageStorage({ storage: new FakeArea() }))

const open = (area: FakeArea) => localStorageStorage({ storage: area }).open('alice')
const all = (storage: Storage) => storage.list({ prefix: '' })

test('says what it is', () => {
  const adapter = localStorageStorage()
  expect(adapter).toMatchObject({ isShared: true, keepsFiles: false, messagesPerSession: 100 })
})

test('says so where there is none', async () => {
  await expect(localStorageStorage().open('alice')).rejects.toThrow('There is no localStorage here')
})

test('leaves alone what others keep there, and nothing of its own after clear', async () => {
  const area = new FakeArea(new Map([['theirs', 'x']]))
  const storage = await localStorageStorage({ storage: area, prefix: 'mine' }).open('alice')
  await storage.write([['a', 1]])
  expect([...area.items]).toEqual([
    ['theirs', 'x'],
    ['mine:alice/a', '1'],
  ])
  await storage.clear('')
  expect([...area.items.keys()]).toEqual(['theirs'])
})

test('a batch with something that cannot be kept changes nothing', async () => {
  const storage = await open(new FakeArea())
  await storage.write([['a', 1]])
  const writing = storage.write([
    ['a', 2],
    ['b', () => {}],
  ])
  await expect(writing).rejects.toThrow('A function cannot be kept.')
  expect(await all(storage)).toEqual([['a', 1]])
})

describe('a page that is killed', () => {
  const before: Write[] = [
    ['a', 1],
    ['b', 1],
    ['c/1', 1],
    ['c/2', 1],
    ['d', 1],
  ]
  const batch: Write[] = [
    ['b', undefined],
    ['a', 2],
    ['e', { n: 2 }],
    ['c/2', 2],
  ]
  const written = [
    ['a', 2],
    ['c/1', 1],
    ['c/2', 2],
    ['d', 1],
    ['e', { n: 2 }],
  ]
  const cleared = [
    ['a', 1],
    ['b', 1],
    ['d', 1],
  ]

  test.each<[title: string, change: (storage: Storage) => Promise<void>, after: unknown]>([
    ['write', (storage) => storage.write(batch), written],
    ['clear', (storage) => storage.clear('c/'), cleared],
  ])('leaves all or nothing of a %s, after each of its steps', async (_title, change, after) => {
    const outcomes: string[] = []
    let isDone = false
    for (let steps = 0; !isDone; steps++) {
      const items = new Map<string, string>()
      const area = new FakeArea(items)
      const killed = await open(area)
      await killed.write(before)
      const neighbour = await open(new FakeArea(items))

      area.changesLeft = steps
      await change(killed).catch(() => {})
      isDone = area.changesLeft > 0

      // A tab that was open all the time sees the same as one that opens later.
      const seen = await all(neighbour)
      expect(await all(await open(new FakeArea(items)))).toEqual(seen)
      expect([before, after]).toContainEqual(seen)
      expect(await neighbour.get('c/2')).toEqual(seen.find(([key]) => key === 'c/2')?.[1])
      expect([...items.keys()].filter((key) => key.includes('#'))).toEqual([])
      outcomes.push(JSON.stringify(seen) === JSON.stringify(after) ? 'all' : 'nothing')
    }
    // Nothing before the first step, all from then on.
    expect(outcomes.slice(0, 2)).toEqual(['nothing', 'all'])
    expect(outcomes.lastIndexOf('nothing')).toBe(0)
    expect(outcomes.length).toBeGreaterThan(3)
  })

  test('leaves nothing that the next writer would write over', async () => {
    const items = new Map<string, string>()
    const area = new FakeArea(items)
    const killed = await open(area)
    const neighbour = await open(new FakeArea(items))
    area.changesLeft = 1
    const writing = killed.write([
      ['a', 1],
      ['b', 1],
    ])
    await expect(writing).rejects.toThrow('The page is dead.')
    await neighbour.write([['b', 2]])
    await neighbour.clear('c')
    expect(await all(neighbour)).toEqual([
      ['a', 1],
      ['b', 2],
    ])
  })
})

describe('with no room left', () => {
  const pad = (length: number) => 'x'.repeat(length)

  test('a batch that does not fit rejects and changes nothing', async () => {
    const storage = await open(new FakeArea(new Map(), 1000))
    await storage.write([['a', pad(100)]])
    const writing = storage.write([
      ['a', 'new'],
      ['b', pad(1000)],
    ])
    await expect(writing).rejects.toThrow('The quota has been exceeded.')
    expect(await all(storage)).toEqual([['a', pad(100)]])
    await storage.write([['b', 2]])
    expect(await storage.get('b')).toBe(2)
  })

  test('a batch whose journal fits counts, though its rows have to wait for room', async () => {
    const area = new FakeArea(new Map(), 1000)
    const storage = await open(area)
    await storage.write([['old', pad(300)]])
    const rows = [
      ['a', pad(200)],
      ['b', pad(200)],
    ] as [string, unknown][]
    await storage.write(rows)
    expect(area.used).toBeGreaterThan(700)
    expect(await all(storage)).toEqual([...rows, ['old', pad(300)]])
    expect(await all(await open(area))).toEqual([...rows, ['old', pad(300)]])

    // More does not fit, and what counted stays.
    await expect(storage.write([['c', pad(300)]])).rejects.toThrow('quota')
    expect(await all(storage)).toEqual([...rows, ['old', pad(300)]])

    // Removing is still possible, and then everything finds its place.
    await storage.write([['old', undefined]])
    expect(await all(storage)).toEqual(rows)
    expect([...area.items.keys()]).toEqual(['nudge:alice/a', 'nudge:alice/b'])
  })

  test('it can still be cleared', async () => {
    const items = new Map<string, string>()
    const storage = await open(new FakeArea(items))
    await storage.write([
      ['a', pad(100)],
      ['b', pad(100)],
    ])
    const full = await open(new FakeArea(items, new FakeArea(items).used))
    await full.clear('')
    expect([...items]).toEqual([])
  })
})

test('where there are Web Locks a write waits for that of another tab, and later calls wait for it', async () => {
  let release = () => {}
  const held = new Promise<void>((resolve) => {
    release = resolve
  })
  const names: string[] = []
  const locks = {
    request: async (name: string, work: () => void) => {
      names.push(name)
      await held
      work()
    },
  }
  const original = Object.getOwnPropertyDescriptor(globalThis, 'navigator')
  Object.defineProperty(globalThis, 'navigator', { value: { locks }, configurable: true })
  try {
    const area = new FakeArea()
    const opening = open(area)
    release()
    const storage = await opening
    const answers = Promise.all([storage.write([['a', 1]]), storage.get('a')])
    expect(area.items.size).toBe(0)
    expect(await answers).toEqual([undefined, 1])
    expect(new Set(names)).toEqual(new Set(['nudge:alice#writing']))
  } finally {
    // Node.js 20 has none.
    if (original) Object.defineProperty(globalThis, 'navigator', original)
    else Reflect.deleteProperty(globalThis, 'navigator')
  }
})

test('random batches of tabs that are killed at random are whole and in order', async () => {
  const items = new Map<string, string>()
  let random = 42
  const next = (below: number) => {
    random = (random * 1_103_515_245 + 12_345) % 2_147_483_648
    return Math.floor((random / 2_147_483_648) * below)
  }
  let whole = 0
  for (let n = 1; n <= 300; n++) {
    const area = new FakeArea(items, 2500)
    const storage = await open(area)
    const seen = await all(storage)
    // Every batch writes the same to all keys, or clears them all.
    expect(new Set(seen.map(([, value]) => JSON.stringify(value))).size).toBeLessThan(2)
    expect([0, 6]).toContain(seen.length)
    area.changesLeft = next(14)
    const value = { n, pad: 'x'.repeat(next(120)) }
    const change =
      next(8) === 0
        ? storage.clear('')
        : storage.write(['a', 'b', 'c', 'd', 'e', 'f'].map((key): Write => [key, value]))
    await change.then(
      () => whole++,
      () => {},
    )
  }
  expect(whole).toBeGreaterThan(30)
})
