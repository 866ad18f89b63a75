import { beforeEach, expect, jest, test } from '@jest/globals'
import { FakeLocalStorage } from '../browser/fake-local-storage.js'

const storage = new FakeLocalStorage()
storage.install()

/** As a page that has just been loaded. */
async function open() {
  jest.resetModules()
  return import('./drafts.js')
}

/** Something that is being sent, until it is said how that went. */
function sending() {
  let end = (_isSent: boolean) => {}
  const isSent = new Promise<boolean>((resolve) => {
    end = resolve
  })
  return { isSent: () => isSent, end }
}

beforeEach(() => storage.clear())

test('what was begun is there in the next page', async () => {
  const { keepDraft } = await open()
  keepDraft('1', '7', 'I was about')
  keepDraft('1', '8', 'elsewhere')
  keepDraft('1', '8', '')
  const page = await open()
  expect([page.draftOf('1', '7'), page.draftOf('1', '8'), page.draftOf('2', '7')]).toEqual([
    'I was about',
    '',
    '',
  ])
})

test('what is being sent is no draft here, and one again where the page goes away before', async () => {
  const { draftOf, keepDraft, sendDraft } = await open()
  keepDraft('1', '7', 'look at this')
  void sendDraft('1', '7', 'look at this', sending().isSent)
  expect(draftOf('1', '7')).toBe('')
  expect((await open()).draftOf('1', '7')).toBe('look at this')
  keepDraft('1', '7', 'and this')
  expect(draftOf('1', '7')).toBe('and this')
  const page = await open()
  expect(page.draftOf('1', '7')).toBe('look at this\nand this')
  page.keepDraft('1', '7', 'look')
  expect((await open()).draftOf('1', '7')).toBe('look')
})

test('what was left is part of what is sent next', async () => {
  const { sendDraft } = await open()
  void sendDraft('1', '7', 'look at this', sending().isSent)
  const page = await open()
  const { isSent, end } = sending()
  const sent = page.sendDraft('1', '7', page.draftOf('1', '7'), isSent)
  end(true)
  await sent
  expect((await open()).draftOf('1', '7')).toBe('')
})

test('of two that are on their way none takes the place of the other', async () => {
  const { sendDraft } = await open()
  const [one, two] = [sending(), sending()]
  const sent = sendDraft('1', '7', 'one', one.isSent)
  void sendDraft('1', '7', 'two', two.isSent)
  expect((await open()).draftOf('1', '7').split('\n').sort()).toEqual(['one', 'two'])
  one.end(true)
  await sent
  expect((await open()).draftOf('1', '7')).toBe('two')
})

test('nothing is left of what was sent', async () => {
  const { draftOf, keepDraft, sendDraft } = await open()
  keepDraft('1', '7', 'look at this')
  const { isSent, end } = sending()
  const sent = sendDraft('1', '7', 'look at this', isSent)
  keepDraft('1', '7', 'and this')
  end(true)
  expect(await sent).toBe(true)
  expect(draftOf('1', '7')).toBe('and this')
  keepDraft('1', '7', '')
  expect(storage.getItem('nudge-drafts')).toBe('{}')
})

test('what could not be sent is above what was begun meanwhile', async () => {
  const { draftOf, keepDraft, sendDraft } = await open()
  const { isSent, end } = sending()
  const sent = sendDraft('1', '7', 'look at this', isSent)
  keepDraft('1', '7', 'and this')
  end(false)
  expect(await sent).toBe(false)
  expect(draftOf('1', '7')).toBe('look at this\nand this')
})

test('who logs out meanwhile leaves nothing', async () => {
  const { draftOf, forgetDrafts, sendDraft } = await open()
  const { isSent, end } = sending()
  const sent = sendDraft('1', '7', 'look at this', isSent)
  forgetDrafts('1')
  end(false)
  await sent
  expect(draftOf('1', '7')).toBe('')
  expect(storage.getItem('nudge-drafts')).toBe('{}')
})
