import { expect, test } from '@jest/globals'
import { readPushConfig } from './config.js'

test('everything has a default', () => {
  expect(readPushConfig({})).toMatchObject({
    host: '127.0.0.1',
    mqttPort: 1883,
    wsPort: 8083,
    apiUrl: 'http://127.0.0.1:8080',
    dataDir: './data',
    logLevel: 'warn',
  })
  expect(readPushConfig({ NODE_ENV: 'production' }).logLevel).toBe('info')
})

test('every problem is told at once', () => {
  const read = () =>
    readPushConfig({ MQTT_PORT: 'many', WS_PORT: '70000', API_URL: 'nowhere', LOG_LEVEL: 'loud' })
  for (const name of ['MQTT_PORT', 'WS_PORT', 'API_URL', 'LOG_LEVEL']) expect(read).toThrow(name)
})
