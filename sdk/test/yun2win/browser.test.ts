import { afterAll, beforeAll, expect, test } from '@jest/globals'
import { TestEnv } from '../../../test/helpers/test-env.js'
import { vendorSettings } from '../../../test/helpers/vendor-client.js'
import { describeInBrowser } from '../helpers/browser.js'

type Dialect = typeof import('../../src/yun2win/index.js')

describeInBrowser('the dialect in a browser', (browser) => {
  const site = browser.serve<Dialect>(new URL('../../src/yun2win/index.ts', import.meta.url))
  let env: TestEnv
  beforeAll(async () => {
    env = await TestEnv.start({ settings: await vendorSettings() })
  })
  afterAll(() => env.close())

  test('logs in on one page, talks on the next, over plain http', async () => {
    const bob = await env.person('bob')
    const context = await browser.newContext()
    // As on every page that does not come from this computer and not over https.
    await context.addInitScript(() => Reflect.deleteProperty(Crypto.prototype, 'randomUUID'))
    const tab = await browser.openTab(context, site)
    const baseUrl = `${env.url}/v1/`
    const userId = await tab.run(({ configure, Users }, baseUrl) => {
      configure({ baseUrl })
      const { remote } = Users.getInstance()
      return new Promise<string>((resolve, reject) => {
        remote.register('alice@example.com', 'secret', 'alice', (err) => {
          if (err) return reject(String(err))
          remote.login('alice@example.com', 'secret', (err, { id }) =>
            err ? reject(String(err)) : resolve(id),
          )
        })
      })
    }, baseUrl)

    await tab.page.reload()
    const sent = await tab.run(
      ({ configure, Users, y2wIMBridge }, { baseUrl, bobId }) => {
        configure({ baseUrl })
        const currentUser = Users.getInstance().getCurrentUser()
        const bridge = new y2wIMBridge(currentUser)
        const canvas = document.createElement('canvas')
        canvas.width = 40
        canvas.height = 30
        return new Promise<unknown>((resolve, reject) => {
          bridge.sendTextMessage(bobId, 'p2p', 'hello')
          canvas.toBlob((picture) => {
            let shown: unknown
            bridge.sendFileMessage(bobId, 'p2p', picture as Blob, {
              showMsg: ({ content }) => {
                shown = [content.width, content.height, content.base64.slice(0, 22)]
              },
              storeMsgDone: (_id, _scene, _target, { content }) => {
                resolve({ id: currentUser.id, shown, stored: [content.width, content.height] })
              },
              storeMsgFailed: (_id, err) => reject(String(err)),
            })
          })
        })
      },
      { baseUrl, bobId: bob.id },
    )
    expect(sent).toEqual({ id: userId, shown: [40, 30, 'data:image/png;base64,'], stored: [40, 30] })
    const { entries } = await bob.pullMessages((await bob.p2pWith({ id: userId })).id)
    expect(entries.slice(-2).map(({ type }) => type)).toEqual(['text', 'image'])
    await bob.send(entries[0]?.sessionId as string, 'and back')
    await tab.page.waitForFunction(() =>
      Object.keys(localStorage).some((key) => localStorage.getItem(key)?.includes('and back')),
    )
    expect(tab.errors).toEqual([])
  })
})
