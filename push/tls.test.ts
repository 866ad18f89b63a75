import { copyFile, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { connect as connectTls } from 'node:tls'
import { afterEach, beforeEach, expect, test } from '@jest/globals'
import { ConfigError } from '../shared/server/env.js'
import { PushEnv, until } from '../test/helpers/push-env.js'
import { readPushConfig } from './config.js'

const FIXTURES = join(import.meta.dirname, '../test/fixtures')

let folder: string
let env: PushEnv | undefined
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'nudge-tls-'))
  await use('localhost')
})
afterEach(async () => {
  await env?.close()
  env = undefined
  await rm(folder, { recursive: true })
})

async function use(name: string): Promise<void> {
  await copyFile(join(FIXTURES, `${name}.key`), join(folder, 'tls.key'))
  await copyFile(join(FIXTURES, `${name}.crt`), join(folder, 'tls.crt'))
}

async function start(): Promise<PushEnv> {
  const tls = {
    certFile: join(folder, 'tls.crt'),
    keyFile: join(folder, 'tls.key'),
    mqttsPort: 0,
    wssPort: 0,
  }
  env = await PushEnv.start({ config: { tls } })
  return env
}

test.each(['mqtts', 'wss'] as const)('devices speak %s', async (scheme) => {
  const { push, device } = await start().then((env) => ({ push: env.push, device: env.device.bind(env) }))
  const ca = await readFile(join(folder, 'tls.crt'))
  const alice = await device('1', {
    url: `${scheme}://127.0.0.1:${push.ports[scheme]}/any`,
    ca,
    wsOptions: { ca },
  })
  await push.announce({ topic: 'y2w/user/1', stamp: 7, syncs: [{ type: 0 }] })
  await alice.received.first((frame) => frame.stamp === 7)
})

test('what is no TLS is cut off and disturbs nobody', async () => {
  const { push } = await start()
  const { connect } = await import('node:net')
  for (const port of [push.ports.mqtts, push.ports.wss]) {
    const socket = connect({ host: '127.0.0.1', port: port as number })
    socket.on('error', () => {})
    const closed = new Promise((resolve) => socket.once('close', resolve))
    socket.write('GET / HTTP/1.1\r\n\r\n')
    await closed
  }
  const ca = await readFile(join(folder, 'tls.crt'))
  await (env as PushEnv).device('1', { url: `mqtts://127.0.0.1:${push.ports.mqtts}`, ca })
})

test('a renewed certificate is taken without a restart, and connections stay', async () => {
  const { push } = await start()
  const old = await readFile(join(folder, 'tls.crt'))
  const alice = await (env as PushEnv).device('1', { url: `mqtts://127.0.0.1:${push.ports.mqtts}`, ca: old })
  const subject = () =>
    new Promise<unknown>((resolve, reject) => {
      const socket = connectTls({
        host: '127.0.0.1',
        port: push.ports.mqtts as number,
        rejectUnauthorized: false,
      })
      socket.once('error', reject)
      socket.once('secureConnect', () => {
        resolve(socket.getPeerCertificate().subject.CN)
        socket.destroy()
      })
    })
  expect(await subject()).toBe('localhost')
  await use('renewed')
  let seen = await subject()
  await until(() => {
    subject().then(
      (name) => {
        seen = name
      },
      () => {},
    )
    return seen === 'renewed'
  })
  expect(alice.client.connected).toBe(true)
})

test('who never ends the handshake does not hold up the stop', async () => {
  const { push } = await start()
  const { connect } = await import('node:net')
  for (const port of [push.ports.mqtts, push.ports.wss]) {
    const socket = connect({ host: '127.0.0.1', port: port as number })
    socket.on('error', () => {})
    await new Promise((resolve) => socket.once('connect', resolve))
  }
  const began = performance.now()
  await env?.close()
  env = undefined
  expect(performance.now() - began).toBeLessThan(5000)
})

test('a certificate is renewed though something else in its folder changes all the time', async () => {
  const { push } = await start()
  const busy = setInterval(() => void writeFile(join(folder, 'log'), `${Math.random()}`), 100)
  await use('renewed')
  const ca = await readFile(join(folder, 'tls.crt'))
  let isRenewed = false
  await until(() => {
    const socket = connectTls({ host: '127.0.0.1', port: push.ports.mqtts as number, ca }, () => {
      isRenewed = true
      socket.destroy()
    })
    socket.on('error', () => {})
    return isRenewed
  })
  clearInterval(busy)
})

test('a certificate that cannot be used is named', async () => {
  await copyFile(join(FIXTURES, 'renewed.key'), join(folder, 'tls.key'))
  await expect(start()).rejects.toThrow(/TLS_CERT .*tls\.crt and TLS_KEY .*tls\.key cannot be used/)
  await rm(join(folder, 'tls.key'))
  await expect(start()).rejects.toThrow(ConfigError)
  expect(() => readPushConfig({ TLS_CERT: '/somewhere' })).toThrow('TLS_CERT and TLS_KEY go together')
})
