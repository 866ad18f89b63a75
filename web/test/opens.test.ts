import { beforeAll, expect, test } from '@jest/globals'
import { describeInBrowser } from '../../sdk/test/helpers/browser.js'
import type { RunningProcess } from '../../test/helpers/child.js'
import { enter, startWeb } from './helpers/people.js'

describeInBrowser('the web app', (browser) => {
  let server: RunningProcess

  beforeAll(async () => {
    server = await startWeb()
  })

  test('opens, without an error in the console', async () => {
    const alice = await enter(browser, server.url, 'Alice')
    expect(alice.errors).toEqual([])
  })
})
