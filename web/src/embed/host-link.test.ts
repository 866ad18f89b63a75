import { beforeEach, describe, expect, test } from '@jest/globals'
import { HostLink, readHostMessage } from './host-link.js'

const user = { userId: '12', token: 'a.b.c' }
const transferUser = { action: 'transferUser', payload: user }
const selectConversation = { action: 'selectConversation', payload: { dlgId: '7' } }

describe('a message', () => {
  test.each([
    [transferUser, transferUser],
    [
      { action: 'transferUser', payload: { ...user, userId: 12, urole: 'kefu', more: 1 } },
      { action: 'transferUser', payload: { ...user, urole: 'kefu' } },
    ],
    [{ action: 'transferUser', payload: { ...user, urole: null } }, transferUser],
    [selectConversation, selectConversation],
    [
      { action: 'selectConversation', payload: { dlgId: 7, dlgKey: 'k', name: 'Order 4711' } },
      { action: 'selectConversation', payload: { dlgId: '7', name: 'Order 4711' } },
    ],
    [{ action: 'selectConversation', payload: { dlgId: '7', dlgKey: '', name: '' } }, selectConversation],
  ])('%j is read', (data, message) => {
    expect(readHostMessage(data)).toEqual(message)
  })

  test.each<[unknown]>([
    [undefined],
    [null],
    ['transferUser'],
    [JSON.stringify(transferUser)],
    [{ action: 'transferUser' }],
    [{ action: 'transferUser', payload: 'x' }],
    [{ action: 'transferUser', payload: { userId: '12' } }],
    [{ action: 'transferUser', payload: { userId: '12', token: '' } }],
    [{ action: 'transferUser', payload: { userId: '12', token: 'x'.repeat(9000) } }],
    [{ action: 'transferUser', payload: { userId: '12', token: ['a'] } }],
    [{ action: 'transferUser', payload: { userId: '../12', token: 'a' } }],
    [{ action: 'transferUser', payload: { userId: 1.5, token: 'a' } }],
    [{ action: 'transferUser', payload: { userId: -1, token: 'a' } }],
    [{ action: 'transferUser', payload: { userId: { toString: () => '12' }, token: 'a' } }],
    [{ action: 'transferUser', payload: { ...user, urole: {} } }],
    [{ action: 'selectConversation', payload: {} }],
    [{ action: 'selectConversation', payload: { dlgId: 'group' } }],
    [{ action: 'selectConversation', payload: { dlgId: '7', name: 7 } }],
    [{ action: 'selectConversation', payload: { dlgId: '7', name: 'x'.repeat(256) } }],
    [{ action: 'selectConversation', payload: { dlgId: '7', dlgKey: {} } }],
    [{ action: 'logout', payload: {} }],
    [{ action: 'bindUserSuccess' }],
  ])('%j is not', (data) => {
    expect(readHostMessage(data)).toBeUndefined()
  })
})

describe('the link', () => {
  const HOST = 'https://shop.example.com'
  const OWN = 'https://chat.example.com'
  let sent: unknown[]
  let heard: unknown[]
  let ignored: string[]
  const host = { postMessage: (message: unknown, origin: string) => sent.push([message, origin]) }

  beforeEach(() => {
    sent = []
    heard = []
    ignored = []
  })

  const open = (allowedOrigins: Promise<string[]> = Promise.resolve([HOST])) =>
    new HostLink({
      host,
      ownOrigin: OWN,
      allowedOrigins,
      onTransferUser: (user, answer) => {
        heard.push(user)
        answer({ action: 'bindUserSuccess' })
      },
      onSelectConversation: (selected) => heard.push(selected),
      onIgnored: (reason) => ignored.push(reason),
    })

  test.each([HOST, OWN])(
    'takes what the page around says, from %s, and answers exactly there',
    async (origin) => {
      const link = open()
      await link.receive({ source: host, origin, data: transferUser })
      await link.receive({ source: host, origin, data: selectConversation })
      expect(heard).toEqual([user, { dlgId: '7' }])
      expect(sent).toEqual([[{ action: 'bindUserSuccess' }, origin]])
      expect(ignored).toEqual([])
    },
  )

  test('keeps the order while it is not known who may be around', async () => {
    let tell = (_origins: string[]) => {}
    const link = open(
      new Promise((resolve) => {
        tell = resolve
      }),
    )
    const received = [selectConversation, transferUser].map((data) =>
      link.receive({ source: host, origin: HOST, data }),
    )
    await Promise.resolve()
    expect(heard).toEqual([])
    tell([HOST])
    await Promise.all(received)
    expect(heard).toEqual([{ dlgId: '7' }, user])
  })

  test.each([
    ['another origin', { origin: 'https://evil.example' }],
    ['an origin that only begins like an allowed one', { origin: `${HOST}.evil.example` }],
    ['another port', { origin: `${HOST}:8443` }],
    ['a page without an origin', { origin: 'null' }],
    ['another window', { source: { postMessage: () => sent.push('!') } }],
    ['nobody', { source: null }],
    ['a payload that does not fit', { data: { action: 'transferUser', payload: { token: 'secret' } } }],
  ])('ignores %s, and says so without what is secret', async (_title, odd) => {
    const data = { action: 'transferUser', payload: { userId: '12', token: 'secret' } }
    await open().receive({ source: host, origin: HOST, data, ...odd })
    expect([heard, sent]).toEqual([[], []])
    expect(ignored).toHaveLength(1)
    expect(ignored[0]).not.toContain('secret')
  })

  test('says nothing of what is not meant for it', async () => {
    const link = open()
    for (const data of [undefined, 'x', { type: 'webpackOk' }, { action: 'bindUserSuccess' }]) {
      await link.receive({ source: host, origin: HOST, data })
    }
    expect([heard, sent, ignored]).toEqual([[], [], []])
  })
})
