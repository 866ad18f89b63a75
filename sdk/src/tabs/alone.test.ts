import { expect, test } from '@jest/globals'
import { aloneTabs } from './alone.js'
import { openTabs } from './web-tabs.js'

test('leads at once, and hears nothing', async () => {
  const tabs = aloneTabs()
  await tabs.lead()
  const heard: unknown[] = []
  const off = tabs.onMessage((message) => heard.push(message))
  tabs.post('hello')
  off()
  tabs.close()
  expect(heard).toEqual([])
})

test('does not lead any more once closed', async () => {
  const tabs = aloneTabs()
  tabs.close()
  const late = await Promise.race([
    tabs.lead().then(() => 'leads'),
    new Promise((resolve) => setImmediate(resolve)),
  ])
  expect(late).toBeUndefined()
})

test.each([true, false])(
  'openTabs leads where there is nobody else (storage shared: %s)',
  async (isShared) => {
    const tabs = openTabs('alice', isShared)
    await tabs.lead()
    tabs.close()
  },
)
