import { describe, expect, test } from '@jest/globals'
import { pushAddress } from './gate.js'

describe('pushAddress', () => {
  test.each([
    // As our gate says it.
    {
      gate: 'im.example.com:8083/mqtt#',
      http: 'ws://im.example.com:8083/mqtt',
      https: 'wss://im.example.com:8083/mqtt',
    },
    {
      gate: 'im.example.com:8083/mqtt',
      http: 'ws://im.example.com:8083/mqtt',
      https: 'wss://im.example.com:8083/mqtt',
    },
    { gate: 'im.example.com:8083#', http: 'ws://im.example.com:8083/', https: 'wss://im.example.com:8083/' },
    { gate: 'im.example.com:8083', http: 'ws://im.example.com:8083/', https: 'wss://im.example.com:8083/' },
    // Ports 80 and 443 need no mention.
    { gate: 'im.example.com', http: 'ws://im.example.com/', https: 'wss://im.example.com/' },
    { gate: 'im.example.com/mqtt#', http: 'ws://im.example.com/mqtt', https: 'wss://im.example.com/mqtt' },
    { gate: 'im.example.com:80', http: 'ws://im.example.com/', https: 'wss://im.example.com:80/' },
    { gate: 'im.example.com:443', http: 'ws://im.example.com:443/', https: 'wss://im.example.com/' },
    { gate: 'h/a/b?c=d#', http: 'ws://h/a/b?c=d', https: 'wss://h/a/b?c=d' },
    { gate: 'localhost:8083/mqtt#', http: 'ws://localhost:8083/mqtt', https: 'wss://localhost:8083/mqtt' },
    { gate: '127.0.0.1:8083/mqtt#', http: 'ws://127.0.0.1:8083/mqtt', https: 'wss://127.0.0.1:8083/mqtt' },
    { gate: '[::1]:8083/mqtt#', http: 'ws://[::1]:8083/mqtt', https: 'wss://[::1]:8083/mqtt' },
    { gate: '[2001:db8::1]', http: 'ws://[2001:db8::1]/', https: 'wss://[2001:db8::1]/' },
    {
      gate: 'ws://im.example.com:8083/mqtt',
      http: 'ws://im.example.com:8083/mqtt',
      https: 'ws://im.example.com:8083/mqtt',
    },
    {
      gate: 'wss://im.example.com/mqtt#',
      http: 'wss://im.example.com/mqtt',
      https: 'wss://im.example.com/mqtt',
    },
    { gate: 'WSS://im.example.com', http: 'wss://im.example.com/', https: 'wss://im.example.com/' },
  ])('$gate', ({ gate, http, https }) => {
    expect(pushAddress('http://api.example.com', gate)).toBe(http)
    expect(pushAddress('https://api.example.com/im', gate)).toBe(https)
    expect(pushAddress('HTTPS://API.EXAMPLE.COM', gate)).toBe(https)
  })

  test.each(['mqtt://im.example.com:1883', 'mqtts://im.example.com:8883#'])(
    '%s, for other transports',
    (gate) => {
      expect(pushAddress('https://api.example.com', gate)).toBe(gate.replace('#', ''))
    },
  )

  test.each(['', '#', ':8083', 'im.example.com:99999', 'two words', '::1'])('"%s" is no address', (gate) => {
    expect(() => pushAddress('http://api.example.com', gate)).toThrow('Invalid URL')
  })
})
