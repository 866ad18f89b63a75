import { afterEach, expect, test } from '@jest/globals'
import { findPresence } from '../../api/presence/store.js'
import { startApart } from '../helpers/apart.js'
import { createTestDatabase } from '../helpers/database.js'
import { request } from '../helpers/http.js'
import { type Person, registerPerson } from '../helpers/person.js'
import { expectRefusal } from '../helpers/refusal.js'
import { TestEnv } from '../helpers/test-env.js'

let close: () => Promise<unknown>
afterEach(() => close())

const oldId = (n: number, r: 0 | 1 = 0) => `${r}0${`${n}`.repeat(8)}-d9cb-469f-a165-70867728950e`

async function imTokenFor(person: Person, device?: string) {
  return request('POST', `${person.baseUrl}/oauth/token`, {
    token: person.token,
    form: {
      grant_type: 'client_credentials',
      client_id: person.login.key,
      client_secret: person.login.secret,
      ...(device !== undefined && { device }),
    },
  })
}

/** The same for the access token alone. */
const imTokenAlone = (person: Person, device?: string) =>
  person.call('POST', 'users/imToken', { json: { device } })

test('DEVICE_POLICY=kick: a second page logs the first one out, a phone does not', async () => {
  const env = await TestEnv.start({ settings: { DEVICE_POLICY: 'kick' } })
  close = () => env.close()
  const alice = await env.person('alice')
  const page = await alice.connect(env.wsUrl, { clientId: oldId(1) })
  const phone = await alice.connect(env.mqttUrl, {
    password: (await imTokenFor(alice, 'phone')).body.access_token,
  })
  const other = await alice.connect(env.wsUrl, { clientId: oldId(2) })
  await page.waitFor((frame) => frame.returnCode === 10)
  for (const { client } of [phone, other]) expect(client.connected).toBe(true)
  await expect(alice.connect(env.wsUrl, { clientId: oldId(1, 1) })).rejects.toMatchObject({ code: 10 })
})

test('DEVICE_POLICY=kick: a class is the same whichever way the imToken was asked for', async () => {
  const env = await TestEnv.start({ settings: { DEVICE_POLICY: 'kick' } })
  close = () => env.close()
  const alice = await env.person('alice')
  const connect = async (ask: typeof imTokenFor, device: string) =>
    alice.connect(env.mqttUrl, { password: (await ask(alice, device)).body.access_token })
  const tablet = await connect(imTokenAlone, 'tablet')
  const first = await connect(imTokenAlone, 'phone')
  const second = await connect(imTokenAlone, 'phone')
  await first.waitFor((frame) => frame.returnCode === 10)
  const third = await connect(imTokenFor, 'phone')
  await second.waitFor((frame) => frame.returnCode === 10)
  await connect(imTokenAlone, 'phone')
  await third.waitFor((frame) => frame.returnCode === 10)
  expect(tablet.client.connected).toBe(true)
  expect(tablet.frames).toEqual([{ returnCode: 11 }])
})

test('an app of its own policy', async () => {
  const env = await TestEnv.start()
  close = () => env.close()
  const alice = await env.person('alice')
  const before = [await alice.connect(env.wsUrl, { clientId: oldId(1) })]
  before.push(await alice.connect(env.wsUrl, { clientId: oldId(2) }))
  for (const { frames } of before) expect(frames).toEqual([{ returnCode: 11 }])

  await env.api.context.db.updateTable('app').set({ device_policy: 'kick' }).execute()
  const page = await alice.connect(env.wsUrl, { clientId: oldId(3) })
  await alice.connect(env.wsUrl, { clientId: oldId(4) })
  await page.waitFor((frame) => frame.returnCode === 10)
  const { access_token: token } = (await imTokenAlone(alice)).body
  expect(env.api.context.tokens.verify('im', token)).toMatchObject({ kicks: true })
})

test.each(['', 'a phone', 'x'.repeat(17), 'a_b'])('%j is no device class', async (device) => {
  const env = await TestEnv.start()
  close = () => env.close()
  const alice = await env.person('alice')
  for (const ask of [imTokenFor, imTokenAlone]) expectRefusal(await ask(alice, device), 400)
})

test('the API keeps when a user was last seen', async () => {
  const env = await TestEnv.start()
  close = () => env.close()
  const [alice, bob] = await env.people('alice', 'bob')
  const seen = (person: Person) => findPresence(env.api.context.db, person.id)
  const began = Date.now()
  const device = await alice?.connect(env.mqttUrl)
  await eventually(async () => (await seen(alice as Person))?.is_online === true)
  await device?.close()
  await eventually(async () => (await seen(alice as Person))?.is_online === false)
  expect(Number((await seen(alice as Person))?.changed_at)).toBeGreaterThanOrEqual(began)
  expect(await seen(bob as Person)).toBeUndefined()
})

test('so it does when push runs apart, and nobody stays online when push has died', async () => {
  const database = await createTestDatabase()
  const apart = await startApart(database.url)
  const url = apart.apis[0]?.url as string
  const reader = await TestEnv.start({ database })
  close = async () => {
    await reader.close()
    await database.drop()
  }
  const alice = await registerPerson(url, 'alice')
  const isOnline = async () => (await findPresence(reader.api.context.db, alice.id))?.is_online
  await alice.connect(apart.push.mqttUrl)
  await eventually(async () => (await isOnline()) === true)
  await apart.push.kill('SIGKILL')
  await apart.restartPush()
  await eventually(async () => (await isOnline()) === false)
})

test('only push may report presence', async () => {
  const env = await TestEnv.start()
  close = () => env.close()
  const alice = await env.person('alice')
  const report = { node: 'x', changes: [{ userId: alice.id, isOnline: true, at: 1 }] }
  const answer = await request('POST', `${env.url}/internal/presence`, { token: alice.token, json: report })
  expectRefusal(answer, 401)
  const service = env.api.context.tokens.sign('service', { sub: 'push' })
  const gone = { node: 'x', changes: [{ userId: '999999', isOnline: true, at: 1 }, ...report.changes] }
  expect((await request('POST', `${env.url}/internal/presence`, { token: service, json: gone })).status).toBe(
    200,
  )
  const seen = () => findPresence(env.api.context.db, alice.id)
  expect(await seen()).toMatchObject({ node: 'x', is_online: true, changed_at: '1' })
  const tell = (told: object) =>
    request('POST', `${env.url}/internal/presence`, { token: service, json: told })
  // A push server that starts anew knows best who is there, however long ago they came.
  await tell({ ...report, isFresh: true })
  expect(await seen()).toMatchObject({ is_online: true, changed_at: '1' })
  await tell({ node: 'x', isFresh: true, changes: [] })
  expect(await seen()).toMatchObject({ is_online: false })
  // What another one says later is believed, what it said earlier is not.
  await tell({ node: 'y', changes: [{ userId: alice.id, isOnline: true, at: 2 }] })
  expect(await seen()).toMatchObject({ node: 'x', is_online: false })
  await tell({ node: 'y', changes: [{ userId: alice.id, isOnline: true, at: Date.now() + 60_000 }] })
  expect(await seen()).toMatchObject({ node: 'y', is_online: true })
})

async function eventually(holds: () => Promise<boolean>): Promise<void> {
  const end = Date.now() + 20_000
  while (!(await holds())) {
    if (Date.now() > end) throw new Error(`this never came true: ${holds}`)
    await new Promise((resolve) => setTimeout(resolve, 50))
  }
}
