import { beforeAll, expect, test } from '@jest/globals'
import { describeInBrowser } from '../../sdk/test/helpers/browser.js'
import type { RunningProcess } from '../../test/helpers/child.js'
import { atApi, createAccount, enter, expectAccessible, startWeb } from './helpers/people.js'

describeInBrowser('the developer view', (browser) => {
  let server: RunningProcess

  beforeAll(async () => {
    server = await startWeb()
  })

  test('shows a nudge come in, and the delta that is pulled for it', async () => {
    const { page, userId, errors } = await enter(browser, server.url, 'Alice', { path: '?debug' })
    const panel = page.getByRole('region', { name: 'Developer view' })
    await panel.getByText('catchingUp → live').waitFor()
    const bob = await atApi(server.url, await createAccount(server.url, 'Bob'))
    const { id: session } = await bob.p2pWith({ id: userId })
    await panel.getByRole('button', { name: 'Clear' }).click()

    await bob.send(session, 'look here')
    const nudge = panel.getByRole('button', { name: /nudge.*messages of p2p_/ }).first()
    await nudge.waitFor()
    await panel
      .getByRole('button', { name: new RegExp(`pull.*GET /v1/sessions/${session}/messages`) })
      .first()
      .waitFor()
    await nudge.click()
    await panel.getByText(/Something changed\. A nudge carries no data/).waitFor()
    await expectAccessible(page)

    await panel.getByText('Pulls', { exact: true }).click()
    await nudge.waitFor({ state: 'detached' })
    await panel.getByRole('button', { name: 'Pause' }).click()
    await panel.getByRole('button', { name: 'Clear' }).click()
    await bob.send(session, 'unseen')
    await page.getByRole('list', { name: 'Conversations' }).getByText('unseen').waitFor()
    expect(await panel.getByText(/^Nothing yet/).isVisible()).toBe(true)
    await panel.getByRole('link', { name: 'Close the developer view' }).click()
    await panel.waitFor({ state: 'detached' })
    expect(errors).toEqual([])
  })
})
