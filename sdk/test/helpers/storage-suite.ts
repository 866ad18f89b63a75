import { beforeEach, describe, expect, test } from '@jest/globals'
import fc from 'fast-check'
import type { Range, Storage, StorageAdapter, Write } from '../../src/store/storage.js'

export interface StorageSuiteOptions {
  /** How many random sequences are tried. */
  runs?: number
}

/** What every storage must do. `newAdapter` gives one that has nothing yet. */
export function describeStorage(
  title: string,
  newAdapter: () => StorageAdapter | Promise<StorageAdapter>,
  { runs = 200 }: StorageSuiteOptions = {},
): void {
  describe(title, () => {
    let adapter: StorageAdapter
    let storage: Storage
    beforeEach(async () => {
      adapter = await newAdapter()
      storage = await adapter.open('alice')
    })

    /** Keeps the keys, in an order that is not theirs. */
    const fill = (keys: readonly string[]) =>
      storage.write(keys.toReversed().map((key): Write => [key, `value of ${key}`]))
    const keysOf = async (range: Range) => (await storage.list(range)).map(([key]) => key)

    test('what was written can be read, one by one and as a list', async () => {
      expect(await storage.get('a')).toBeUndefined()
      expect(await storage.list({ prefix: '' })).toEqual([])
      await storage.write([
        ['a', 1],
        ['b', { text: 'two' }],
      ])
      expect(await storage.get('a')).toBe(1)
      expect(await storage.get('b')).toEqual({ text: 'two' })
      expect(await storage.get('c')).toBeUndefined()
      expect(await storage.list({ prefix: '' })).toEqual([
        ['a', 1],
        ['b', { text: 'two' }],
      ])
    })

    test('keys order by UTF-16 code units, so astral characters come before U+E000', async () => {
      const keys = [
        '',
        '\0',
        '\0a',
        'A',
        'Z',
        'a',
        'a\0',
        'a!',
        'aa',
        'é',
        'つ',
        '\ud800',
        '😀',
        '\udfff',
        '\ue000',
      ]
      const all = [...keys, '\ufffe', '\uffff', '\uffff\uffff']
      await fill(all)
      expect(await keysOf({ prefix: '' })).toEqual(all)
      expect(await keysOf({ prefix: '', reverse: true })).toEqual(all.toReversed())
      for (const key of all) expect(await storage.get(key)).toBe(`value of ${key}`)
    })

    test.each<[prefix: string, inside: string[], outside: string[]]>([
      ['m/', ['m/', 'm/\0', 'm/1', 'm/\uffff', 'm/\uffff\uffffz'], ['m', 'm.', 'm0', 'n', 'l/', '']],
      ['x\uffff', ['x\uffff', 'x\uffffa', 'x\uffff\uffff'], ['x', 'x\ufffe\uffff', 'y', 'y\uffff']],
      ['\uffff\uffff', ['\uffff\uffff', '\uffff\uffffa'], ['\uffff', '\uffffa', '\ufffe']],
      ['😀', ['😀', '😀a'], ['\ud83d', '😁', '\ud83d\uffff']],
    ])('a list of %j has what begins with it and no more', async (prefix, inside, outside) => {
      await fill([...inside, ...outside])
      expect(await keysOf({ prefix })).toEqual(inside)
      await storage.clear(prefix)
      expect(await keysOf({ prefix: '' })).toEqual(outside.toSorted())
    })

    test.each<[range: Range, keys: string]>([
      [{ prefix: 'k' }, 'k k1 k2 k3 k4'],
      [{ prefix: 'k', reverse: true }, 'k4 k3 k2 k1 k'],
      [{ prefix: 'k', before: 'k3' }, 'k k1 k2'],
      [{ prefix: 'k', before: 'k2\0' }, 'k k1 k2'],
      [{ prefix: 'k', before: 'l2' }, 'k k1 k2 k3 k4'],
      [{ prefix: 'k', before: 'k' }, ''],
      [{ prefix: 'k', before: 'j9' }, ''],
      [{ prefix: 'k', limit: 2 }, 'k k1'],
      [{ prefix: 'k', limit: 2, reverse: true }, 'k4 k3'],
      [{ prefix: 'k', limit: 2, reverse: true, before: 'k3' }, 'k2 k1'],
      [{ prefix: 'k', limit: 9, reverse: true, before: 'k1' }, 'k'],
      [{ prefix: 'k', limit: 9, before: 'k2' }, 'k k1'],
      [{ prefix: 'k', limit: 0 }, ''],
      [{ prefix: 'k', limit: 0, reverse: true }, ''],
      [{ prefix: 'q' }, ''],
      [{ prefix: 'q', limit: 1, reverse: true }, ''],
      [{ prefix: '', before: 'k1' }, 'j k'],
    ])('%j lists %j', async (range, keys) => {
      await fill(['j', 'k', 'k1', 'k2', 'k3', 'k4', 'l'])
      expect((await keysOf(range)).join(' ')).toBe(keys)
    })

    test('a batch is written in its order', async () => {
      await storage.write([
        ['twice', 1],
        ['twice', 2],
        ['back', 1],
        ['back', undefined],
        ['back', 2],
        ['gone', 1],
        ['gone', undefined],
        ['never', undefined],
      ])
      expect(await storage.list({ prefix: '' })).toEqual([
        ['back', 2],
        ['twice', 2],
      ])
      await storage.write([])
      await storage.write([
        ['back', undefined],
        ['twice', 3],
      ])
      expect(await storage.list({ prefix: '' })).toEqual([['twice', 3]])
    })

    test.each<[title: string, value: unknown]>([
      ['null', null],
      ['false', false],
      ['zero', 0],
      ['no text', ''],
      ['a fraction', -1.5e-7],
      ['text of all kinds', 'é😀\0\ud800"\\\u2028\uffff'],
      ['a long text', 'x'.repeat(100_000)],
      ['lists in lists', [[], [[1, null, [2]]], {}]],
      [
        'undefined fields',
        { here: 1, missing: undefined, deep: { missing: undefined, list: [{ a: undefined }] } },
      ],
      ['odd names', { '': 1, 'a/b': { 'ü😀': [true] }, constructor: 2, length: 3 }],
    ])('%s comes back equal', async (_title, value) => {
      await storage.write([['key', value]])
      expect(await storage.get('key')).toEqual(value)
      expect(await storage.list({ prefix: 'k' })).toEqual([['key', value]])
      expect(await storage.list({ prefix: 'k', limit: 1, reverse: true })).toEqual([['key', value]])
    })

    test('what callers do to values later changes nothing', async () => {
      const value = { list: [1], part: { a: 1 } }
      const writing = storage.write([['key', value]])
      value.list.push(2)
      value.part.a = 2
      await writing
      const first = (await storage.get('key')) as typeof value
      expect(first).toEqual({ list: [1], part: { a: 1 } })
      first.list.push(3)
      for (const [, listed] of await storage.list({ prefix: '' })) (listed as typeof value).part.a = 4
      expect(await storage.get('key')).toEqual({ list: [1], part: { a: 1 } })
    })

    test('calls take effect in the order in which they are made', async () => {
      const write = (value: number) => storage.write([['key', value]])
      const list = () => storage.list({ prefix: '' })
      const answers = await Promise.all([
        storage.get('key'),
        write(1),
        storage.get('key'),
        write(2),
        list(),
        storage.clear('k'),
        list(),
        write(3),
        storage.get('key'),
      ])
      expect(answers).toEqual([undefined, undefined, 1, undefined, [['key', 2]], undefined, [], undefined, 3])
    })

    test('clear removes what begins with the prefix, and everything when there is none', async () => {
      await fill(['a', 'b', 'b/1', 'b/2', 'c'])
      await storage.clear('b/')
      expect(await keysOf({ prefix: '' })).toEqual(['a', 'b', 'c'])
      await storage.clear('nobody')
      await storage.clear('')
      expect(await keysOf({ prefix: '' })).toEqual([])
    })

    test('names are apart', async () => {
      const names = ['', 'a', 'a/b', 'a:', 'A', 'http://127.0.0.1:8080/v1#app?', 'né😀']
      const storages = await Promise.all(names.map((name) => adapter.open(name)))
      for (const [index, other] of storages.entries()) await other.write([['b/key', index]])
      for (const [index, other] of storages.entries()) {
        expect(await other.list({ prefix: '' })).toEqual([['b/key', index]])
      }
      await storages[1]?.clear('')
      expect(await storages[2]?.list({ prefix: '' })).toEqual([['b/key', 2]])
      expect(await keysOf({ prefix: '' })).toEqual([])
    })

    test('whoever opens a name sees what others write there', async () => {
      const other = await adapter.open('alice')
      await storage.write([['a', 1]])
      expect(await other.get('a')).toBe(1)
      await other.write([['b', 2]])
      expect(await keysOf({ prefix: '' })).toEqual(['a', 'b'])
    })

    test('everything is there when it is opened again', async () => {
      await fill(['a', 'b'])
      await storage.close()
      storage = await adapter.open('alice')
      expect(await keysOf({ prefix: '' })).toEqual(['a', 'b'])
    })

    test('close lets finish what has begun, and nothing begins after it', async () => {
      const writing = fill(['a', 'b'])
      await storage.close()
      await storage.close()
      await writing
      const closed = 'The storage is closed.'
      await expect(storage.get('a')).rejects.toThrow(closed)
      await expect(storage.list({ prefix: '' })).rejects.toThrow(closed)
      await expect(fill(['c'])).rejects.toThrow(closed)
      await expect(storage.clear('')).rejects.toThrow(closed)
      storage = await adapter.open('alice')
      expect(await keysOf({ prefix: '' })).toEqual(['a', 'b'])
    })

    test('is an ordered map, whatever is done to it', async () => {
      let count = 0
      await fc.assert(
        fc.asyncProperty(fc.array(anyStep, { maxLength: 25 }), async (steps) => {
          const name = `random ${count++}`
          let tested = await adapter.open(name)
          const model = new Model()
          // Asked all at once between two starts: the order of the calls is what counts.
          let answers: [step: Step, answer: Promise<unknown>, expected: unknown][] = []
          for (const step of [...steps, REOPEN]) {
            if (step.do !== 'reopen') {
              answers.push([step, perform(tested, step), model.perform(step)])
              continue
            }
            for (const [asked, answer, expected] of answers) {
              expect({ asked, answer: await answer }).toEqual({ asked, answer: expected })
            }
            answers = []
            await tested.close()
            tested = await adapter.open(name)
          }
          expect(await tested.list({ prefix: '' })).toEqual(
            model.perform({ do: 'list', range: { prefix: '' } }),
          )
          await tested.clear('')
          await tested.close()
        }),
        { numRuns: runs },
      )
    })
  })
}

type Step =
  | { do: 'write'; writes: Write[] }
  | { do: 'list'; range: Range }
  | { do: 'get'; key: string }
  | { do: 'clear'; prefix: string }
  | { do: 'reopen' }

const REOPEN: Step = { do: 'reopen' }

/** Few and short, so that they meet; with the units between which orders differ. */
const anyKey = fc.string({
  unit: fc.constantFrom('\0', 'a', 'b', '/', '\ud7ff', '\ud800', '😀', '\ue000', '\uffff'),
  maxLength: 3,
})
// JSON has no -0.
const anyValue = fc.oneof(
  fc.jsonValue({ maxDepth: 2 }).map((value): unknown => JSON.parse(JSON.stringify(value))),
  fc.constant({ a: 1, b: undefined }),
  fc.constant(undefined),
)
const anyStep = fc.oneof<fc.Arbitrary<Step>[]>(
  fc.record({ do: fc.constant('write'), writes: fc.array(fc.tuple(anyKey, anyValue), { maxLength: 8 }) }),
  fc.record({
    do: fc.constant('list'),
    range: fc.record(
      { prefix: anyKey, before: anyKey, limit: fc.nat(5), reverse: fc.boolean() },
      { requiredKeys: ['prefix'] },
    ),
  }),
  fc.record({ do: fc.constant('get'), key: anyKey }),
  fc.record({ do: fc.constant('clear'), prefix: anyKey }),
  fc.constant(REOPEN),
)

function perform(storage: Storage, step: Exclude<Step, { do: 'reopen' }>): Promise<unknown> {
  if (step.do === 'write') return storage.write(step.writes)
  if (step.do === 'list') return storage.list(step.range)
  return step.do === 'get' ? storage.get(step.key) : storage.clear(step.prefix)
}

/** The same in the plainest way. */
class Model {
  #values = new Map<string, unknown>()

  perform(step: Exclude<Step, { do: 'reopen' }>): unknown {
    if (step.do === 'get') return this.#values.get(step.key)
    if (step.do === 'list') return this.#list(step.range)
    const writes =
      step.do === 'write'
        ? step.writes
        : this.#list({ prefix: step.prefix }).map(([key]): Write => [key, undefined])
    for (const [key, value] of writes) {
      if (value === undefined) this.#values.delete(key)
      else this.#values.set(key, value)
    }
    return undefined
  }

  #list({ prefix, before, limit, reverse }: Range): [string, unknown][] {
    const rows = [...this.#values]
      .filter(([key]) => key.startsWith(prefix) && (before === undefined || key < before))
      .sort(([a], [b]) => (a < b ? -1 : 1))
    if (reverse) rows.reverse()
    return rows.slice(0, limit)
  }
}
