import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { request as rawRequest } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { readApiConfig } from '../../api/config.js'
import { request } from '../helpers/http.js'
import { TestEnv } from '../helpers/test-env.js'

/** The pages that the API serves: which, to whom, and with what policy. What is in them is tested in web/test. */

const SHOP = 'https://shop.example.com'
const DESK = 'http://127.0.0.1:3000'

let folder: string
let env: TestEnv

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'nudge-web-'))
  await mkdir(join(folder, 'dist/assets'), { recursive: true })
  for (const [file, text] of Object.entries({
    'secret.txt': 'secret',
    'dist/index.html': '<title>the app</title>',
    'dist/groupConversation.html': '<title>a conversation</title>',
    'dist/embedding-demo.html': '<title>a host</title>',
    'dist/icon.svg': '<svg/>',
    'dist/logo (1)+*.svg': '<svg id="logo"/>',
    'dist/assets/main-1a2b.js': 'run()',
  })) {
    await writeFile(join(folder, file), text)
  }
  const settings = { WEB_DIR: join(folder, 'dist'), ALLOWED_ORIGINS: `${SHOP}, ${DESK}` }
  env = await TestEnv.start({ settings })
  const { db } = env.api.context
  const app = { secret: 'a secret of more than 32 characters!', name: 'other', created_at: '1' }
  await db
    .insertInto('app')
    .values([
      { ...app, key: 'desk', allowed_origins: ['https://desk.example.com:8443'] },
      { ...app, key: 'nobody', allowed_origins: [] },
      { ...app, key: 'unset' },
    ])
    .execute()
})
afterAll(async () => {
  await env?.close()
  await rm(folder, { recursive: true })
})

const get = async (path: string) => {
  const response = await fetch(env.url + path)
  return { status: response.status, headers: response.headers, text: await response.text() }
}

/** As it is, while `fetch` would tidy it up first. */
function getRaw(path: string): Promise<{ status: number | undefined; text: string }> {
  const { hostname, port } = new URL(env.url)
  return new Promise((resolve, reject) => {
    rawRequest({ hostname, port, path }, async (response) => {
      let text = ''
      for await (const chunk of response) text += chunk
      resolve({ status: response.statusCode, text })
    })
      .on('error', reject)
      .end()
  })
}

/** A policy by its directives. */
function policyOf(headers: Headers): Record<string, string[]> {
  const directives = headers.get('content-security-policy')?.split(';') ?? []
  return Object.fromEntries(
    directives.map((text) => {
      const [name = '', ...values] = text.trim().split(/\s+/)
      return [name, values]
    }),
  )
}

describe('the app', () => {
  test.each(['/', '/acceptInvite?key=1'])('is at %s, and asked for anew each time', async (path) => {
    const { status, headers, text } = await get(path)
    expect({ status, text }).toEqual({ status: 200, text: '<title>the app</title>' })
    expect(headers.get('content-type')).toMatch(/^text\/html/)
    expect(headers.get('cache-control')).toBe('no-cache')
    expect(headers.get('x-frame-options')).toBe('DENY')
    expect(policyOf(headers)).toMatchObject({
      'default-src': ["'none'"],
      'script-src': ["'self'"],
      'frame-ancestors': ["'none'"],
      'base-uri': ["'none'"],
    })
  })

  test('has files that never change, and others that are asked for anew', async () => {
    const asset = await get('/assets/main-1a2b.js')
    expect({ status: asset.status, text: asset.text }).toEqual({ status: 200, text: 'run()' })
    expect(asset.headers.get('cache-control')).toBe('public, max-age=31536000, immutable')
    const icon = await get('/icon.svg')
    expect(icon.status).toBe(200)
    expect(icon.headers.get('cache-control')).toBe('no-cache')
    expect((await get(`/${encodeURIComponent('logo (1)+*.svg')}`)).text).toBe('<svg id="logo"/>')
  })

  test.each([
    '/assets/main-0000.js',
    '/assets/',
    '/index.html',
    '/nothing.js',
    '/acceptInvite/',
    '/groupConversation/',
  ])('%s is not there', async (path) => {
    expect((await request('GET', env.url + path)).body).toMatchObject({ status: 404, code: 'NotFound' })
  })

  test.each([
    '/../secret.txt',
    '/assets/../../secret.txt',
    '/assets/..%2f..%2fsecret.txt',
    '/assets/%2e%2e/%2e%2e/secret.txt',
    '/assets/..%5c..%5csecret.txt',
    '/assets//../../secret.txt',
    '/assets/%00/../../secret.txt',
    '/%2e%2e/secret.txt',
  ])('%s does not lead out of its folder', async (path) => {
    const { status, text } = await getRaw(path)
    expect([400, 404]).toContain(status)
    expect(JSON.parse(text)).toMatchObject({ status })
  })

  test('WEB_DIR=off: there is none', async () => {
    const without = await TestEnv.start({ settings: { WEB_DIR: 'off' } })
    try {
      for (const path of ['/', '/acceptInvite', '/groupConversation', '/embedding-demo', '/icon.svg']) {
        const { status, body } = await request('GET', without.url + path)
        expect({ path, status, code: body.code }).toEqual({ path, status: 404, code: 'NotFound' })
      }
    } finally {
      await without.close()
    }
  })
})

describe('the conversation page', () => {
  test.each([
    ['the default app', '', [SHOP, DESK]],
    ['an empty appKey', '&appKey=', [SHOP, DESK]],
    ['an app that says nothing', '&appKey=unset', [SHOP, DESK]],
    ['an app with a list of its own', '&appKey=desk', ['https://desk.example.com:8443']],
  ])('may be embedded by whom %s allows', async (_title, more, origins) => {
    const { status, headers, text } = await get(`/groupConversation?groupId=1&userId=2${more}`)
    expect({ status, text }).toEqual({ status: 200, text: '<title>a conversation</title>' })
    expect(policyOf(headers)).toMatchObject({
      'default-src': ["'none'"],
      'script-src': ["'self'"],
      'frame-ancestors': ["'self'", ...origins],
    })
    expect(headers.get('x-frame-options')).toBeNull()
    // A browser that only asks whether the page has changed would go on with the policy it knows.
    expect(headers.get('cache-control')).toBe('no-store')
    const { body } = await request('GET', `${env.url}/embedding?${more.slice(1)}`)
    expect(body).toEqual({ allowedOrigins: origins })
  })

  test('may be embedded by ourselves only where an app allows nobody', async () => {
    const { headers } = await get('/groupConversation?appKey=nobody')
    expect(policyOf(headers)['frame-ancestors']).toEqual(["'self'"])
    expect(headers.get('x-frame-options')).toBe('SAMEORIGIN')
    const { body } = await request('GET', `${env.url}/embedding?appKey=nobody`)
    expect(body).toEqual({ allowedOrigins: [] })
  })

  test.each(['/groupConversation', '/embedding'])('%s of an unknown app is refused', async (path) => {
    const unknown = await request('GET', `${env.url}${path}?appKey=nothing`)
    expect(unknown.body).toMatchObject({ status: 400, code: 'InvalidClient' })
    const twice = await request('GET', `${env.url}${path}?appKey=desk&appKey=unset`)
    expect(twice.body).toMatchObject({ status: 400, code: 'InvalidParameter' })
  })

  test('the table takes nothing that is no origin, and what got in is left out', async () => {
    const { db } = env.api.context
    const set = (origins: string[]) =>
      db.updateTable('app').set({ allowed_origins: origins }).where('key', '=', 'unset').execute()
    await expect(set(["https://a.example; script-src 'unsafe-inline'"])).rejects.toThrow(/check/)
    await expect(set(['*'])).rejects.toThrow(/check/)
    await set(['https://a.example:443', 'https://b.example', 'http://[::1]:3000'])
    const { headers } = await get('/groupConversation?appKey=unset')
    expect(policyOf(headers)['frame-ancestors']).toEqual(["'self'", 'https://b.example'])
  })
})

test('the demonstration has scripts and frames of ours only', async () => {
  const { status, headers, text } = await get('/embedding-demo')
  expect({ status, text }).toEqual({ status: 200, text: '<title>a host</title>' })
  expect(policyOf(headers)).toMatchObject({
    'default-src': ["'none'"],
    'script-src': ["'self'"],
    'style-src': ["'self'"],
    'frame-src': ["'self'"],
    'frame-ancestors': ["'none'"],
  })
})

describe('ALLOWED_ORIGINS', () => {
  const read = (ALLOWED_ORIGINS: string) =>
    readApiConfig({ ALLOWED_ORIGINS }, { tokenSecret: 't', appKey: 'k', appSecret: 's' }).allowedOrigins

  test.each([
    ['', []],
    ['https://shop.example.com', ['https://shop.example.com']],
    ['http://localhost:3000 , http://127.0.0.1:8080', ['http://localhost:3000', 'http://127.0.0.1:8080']],
  ])('%j', (text, origins) => {
    expect(read(text)).toEqual(origins)
  })

  test.each([
    '*',
    'shop.example.com',
    'https://*.example.com',
    'https://shop.example.com/',
    'https://shop.example.com/chat',
    'https://SHOP.example.com',
    'https://shop.example.com:443',
    'https://me:secret@shop.example.com',
    'ftp://shop.example.com',
    'http://[::1]:3000',
    'null',
    "https://a.example; script-src 'unsafe-inline'",
    'https://a.example https://b.example',
    'https://a.example,',
  ])('%j is refused', (text) => {
    expect(() => read(text)).toThrow(/ALLOWED_ORIGINS: must be origins like/)
  })
})
