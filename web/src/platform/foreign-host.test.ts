import { expect, test } from '@jest/globals'
import { createClient } from 'nudge-sdk'
import { foreignHost } from './foreign-host.js'

const { files } = createClient({ url: 'https://chat.example.com' })
const LONG = `bank.example.${'a'.repeat(60)}.evil.example`

test.each([
  ['a private file', 'attachments/7/content'],
  ['a public file', 'attachments/7/abc'],
  ['a path of our server', '/Emoji/bravo.png'],
  ['a path that looks like a host', '//evil.example/cat.png'],
  ['an address of our server', 'https://chat.example.com/v1/attachments/7/abc'],
  ['the same with its port', ' https://CHAT.example.com:443/cat.png'],
  ['another scheme in capitals, which is a path', 'HTTPS://evil.example/cat.png'],
  ['a picture in the address itself', 'data:image/png;base64,AAAA'],
  ['a file of the page', 'blob:https://chat.example.com/1'],
  ['nothing', ' '],
  ['no address', 'https://'],
])('ours, or nobody’s: %s', (_title, src) => {
  expect(foreignHost(files, src)).toBeUndefined()
})

test.each([
  ['another server', 'https://pictures.example.com/cat.png', 'pictures.example.com'],
  ['another port', 'https://chat.example.com:8443/cat.png', 'chat.example.com:8443'],
  ['another scheme', 'http://chat.example.com/cat.png', 'chat.example.com'],
  ['our name as a user', 'https://chat.example.com@evil.example/cat.png', 'evil.example'],
  [
    'our name at the beginning',
    'https://chat.example.com.evil.example/cat.png',
    'chat.example.com.evil.example',
  ],
  ['without slashes', 'https:evil.example/cat.png', 'evil.example'],
  ['other slashes', 'https:\\\\evil.example\\cat.png', 'evil.example'],
  ['with space around it', '\n https://evil.example/cat.png ', 'evil.example'],
  ['letters that look like others', 'https://ехample.com/cat.png', 'xn--ample-ywe6i.com'],
  ['a long name', `https://${LONG}/cat.png`, `…${LONG.slice(-48)}`],
])('elsewhere: %s', (_title, src, host) => {
  expect(foreignHost(files, src)).toBe(host)
})
