import { beforeAll, beforeEach, expect, test } from '@jest/globals'
import { FakeLocalStorage } from './fake-local-storage.js'

const storage = new FakeLocalStorage()
let made: typeof import('./stored.js')

beforeAll(async () => {
  storage.install()
  made = await import('./stored.js')
})
beforeEach(() => storage.clear())

test('is kept, and read again', () => {
  const choice = made.stored('colour', 'red')
  expect(choice.get()).toBe('red')
  choice.set('blue')
  expect(made.stored('colour', 'red').get()).toBe('blue')
})

test('tells of its own changes and those of other tabs', () => {
  const choice = made.stored('colour', 'red')
  const seen: string[] = []
  const off = choice.subscribe(() => seen.push(choice.get()))
  choice.set('blue')
  storage.setElsewhere('nudge-colour', '"green"')
  off()
  choice.set('black')
  expect(seen).toEqual(['blue', 'green'])
})

test('holds as long as the page where there is no room, until another tab says more', () => {
  const choice = made.stored('colour', 'red')
  choice.set('blue')
  storage.isFull = true
  choice.set('green')
  expect(choice.get()).toBe('green')
  expect(storage.getItem('nudge-colour')).toBe('"blue"')
  storage.setElsewhere('nudge-colour', '"white"')
  expect(choice.get()).toBe('white')
})

test('holds as long as the page where nothing may be kept', () => {
  storage.isForbidden = true
  const choice = made.stored('colour', 'red')
  choice.set('green')
  expect(choice.get()).toBe('green')
})
