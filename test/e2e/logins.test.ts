import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import pg from 'pg'
import type { LoginObject, TokenObject } from '../../shared/wire/objects.js'
import { administratorOf } from '../helpers/admin.js'
import { type Apart, startApart } from '../helpers/apart.js'
import { createTestDatabase, type TestDatabase } from '../helpers/database.js'
import { request } from '../helpers/http.js'
import { type Device, Person, stampOf } from '../helpers/person.js'
import { expectRefusal } from '../helpers/refusal.js'
import { TestEnv } from '../helpers/test-env.js'

/** Both ways to run it. */
interface Place {
  databaseUrl: string
  url: string
  mqttUrl: string
  wsUrl: string
  person(name: string): Promise<Person>
  restartPush?(): Promise<unknown>
  close(): Promise<void>
}

async function inOneProcess(): Promise<Place> {
  const database = await createTestDatabase()
  const env = await TestEnv.start({ database })
  const { url, mqttUrl, wsUrl } = env
  return {
    ...{ databaseUrl: database.url, url, mqttUrl, wsUrl },
    person: (name) => env.person(name),
    async close() {
      await env.close()
      await database.drop()
    },
  }
}

async function inTwoProcesses(): Promise<Place> {
  const database: TestDatabase = await createTestDatabase()
  const apart: Apart = await startApart(database.url)
  const [api] = apart.apis
  const { registerPerson } = await import('../helpers/person.js')
  return {
    databaseUrl: database.url,
    url: api?.url as string,
    mqttUrl: apart.push.mqttUrl,
    wsUrl: apart.push.wsUrl,
    person: (name) => registerPerson(api?.url as string, name),
    async restartPush() {
      await apart.push.kill('SIGKILL')
      await apart.restartPush()
    },
    close: () => database.drop(),
  }
}

/** The same user, logged in once more. */
async function logInAgain(person: Person, password?: string): Promise<Person> {
  const { email } = person.login
  const json = { email, password: password ?? `password of ${email.split('@')[0]}` }
  const answer = await request<LoginObject>('POST', `${person.baseUrl}/v1/users/login`, { json })
  if (answer.status !== 200) throw new Error(JSON.stringify(answer.body))
  return new Person(person.baseUrl, answer.body)
}

/** Without the cost of checking a password each. */
async function addLogins(databaseUrl: string, { id }: Person, count: number): Promise<void> {
  const db = new pg.Client(databaseUrl)
  await db.connect()
  await db.query(
    `insert into login (id, user_id, created_at, expires_at)
     select gen_random_uuid(), $1, $2::bigint, 1e15::bigint from generate_series(1, $3)`,
    [id, Date.now(), count],
  )
  await db.end()
}

/** Another process may go on serving for a few seconds. */
async function untilRefused(person: Person): Promise<void> {
  while ((await person.call('GET', `users/${person.id}`)).status === 200) await sleep(200)
}

const closed = (device: Device) =>
  new Promise<void>((resolve) => {
    if (!device.client.connected) return resolve()
    device.client.once('close', () => resolve())
  })

describe.each([
  { way: 'in one process', start: inOneProcess },
  { way: 'in two processes', start: inTwoProcesses },
])('logins that end, $way', ({ start }) => {
  let place: Place
  beforeAll(async () => {
    place = await start()
  })
  afterAll(() => place.close())

  test.each(['mqttUrl', 'wsUrl'] as const)(
    'logging out ends this login and cuts its %s connections, not the other',
    async (url) => {
      const phone = await place.person(`out-${url.toLowerCase()}`)
      const web = await logInAgain(phone)
      const imToken = await phone.imToken()
      const devices = await Promise.all([
        phone.connect(place[url], { password: imToken }),
        web.connect(place[url]),
      ])
      expect(await phone.must('POST', 'users/logout')).toEqual({ success: true })
      await closed(devices[0])

      expectRefusal(await phone.call('GET', `users/${phone.id}`), 401)
      expectRefusal(await phone.call('POST', 'users/logout'), 401)
      await expect(phone.imToken()).rejects.toThrow('401')
      await expect(phone.connect(place[url], { password: imToken })).rejects.toMatchObject({ code: 5 })

      await web.must('GET', `users/${web.id}`)
      expect(devices[1].client.connected).toBe(true)
      await web.connect(place[url])
      await logInAgain(phone)
    },
  )

  test.each(['mqttUrl', 'wsUrl'] as const)(
    'an imToken for the access token alone connects to %s, until its login ends',
    async (url) => {
      const phone = await place.person(`alone-${url.toLowerCase()}`)
      const web = await logInAgain(phone)
      const ask = (login: Person) => login.must<TokenObject>('POST', 'users/imToken')
      const [password, ofWeb] = (await Promise.all([phone, web].map(ask))).map(
        ({ access_token }) => access_token,
      ) as [string, string]
      const device = await phone.connect(place[url], { password })
      // Devices hear of what is sent, as with any imToken.
      const group = await web.group()
      const sent = await web.send(group.id, 'hello')
      await device.nudge(`group_${group.id}`, stampOf(sent.updatedAt))

      await phone.must('POST', 'users/logout')
      await closed(device)
      await expect(phone.connect(place[url], { password })).rejects.toMatchObject({ code: 5 })
      expectRefusal(await phone.call('POST', 'users/imToken'), 401)
      await web.connect(place[url], { password: ofWeb })
    },
  )

  test('a new password ends every other login of the user', async () => {
    const own = await place.person('changes')
    const thief = await logInAgain(own)
    const [kept, stolen] = await Promise.all([own.connect(place.mqttUrl), thief.connect(place.mqttUrl)])
    const stolenToken = await thief.imToken()
    const json = { oldPassword: 'password of changes', password: 'a better one' }
    await own.must('POST', 'users/setPassword', { json })
    await closed(stolen)
    expectRefusal(await thief.call('GET', `users/${own.id}`), 401)
    await expect(thief.connect(place.mqttUrl, { password: stolenToken })).rejects.toMatchObject({ code: 5 })
    await own.must('GET', `users/${own.id}`)
    expect(kept.client.connected).toBe(true)
    await logInAgain(own, 'a better one')
  })

  test('nobody gets in with the old password while the new one is set', async () => {
    const own = await place.person('races')
    const { email } = own.login
    const json = { oldPassword: 'password of races', password: 'a better one' }
    const changing = own.must('POST', 'users/setPassword', { json })
    const logins = await Promise.all(
      Array.from({ length: 8 }, () =>
        request<LoginObject>('POST', `${place.url}/v1/users/login`, {
          json: { email, password: 'password of races' },
        }),
      ),
    )
    await changing
    for (const { status, body } of logins) {
      if (status !== 200) continue
      expectRefusal(await new Person(place.url, body).call('GET', `users/${own.id}`), 401)
    }
    await own.must('GET', `users/${own.id}`)
  })

  test('with too many logins the oldest end', async () => {
    const first = await place.person('often')
    const second = await logInAgain(first)
    const device = await first.connect(place.mqttUrl)
    await addLogins(place.databaseUrl, first, 90)
    // One by one: those that begin at the same moment do not count each other.
    for (let n = 0; n < 9; n += 1) await logInAgain(first)
    await closed(device)
    await second.must('GET', `users/${first.id}`)
    await logInAgain(first)
    await untilRefused(second)
  })

  test('a wrong old password ends nothing', async () => {
    const own = await place.person('mistypes')
    const other = await logInAgain(own)
    const json = { oldPassword: 'wrong', password: 'new' }
    expectRefusal(await own.call('POST', 'users/setPassword', { json }), 400)
    await other.must('GET', `users/${own.id}`)
  })

  test.each([
    {
      title: 'deleting the account',
      close: (admin: Person, id: string) => admin.must('DELETE', `users/${id}`),
    },
    {
      title: 'deactivating it',
      close: (admin: Person, id: string) =>
        admin.must('PUT', `users/${id}`, { json: { status: 'inactive' } }),
    },
  ])('$title ends all its logins and cuts every connection', async ({ title, close }) => {
    const admin = await administratorOf(place.url)
    const one = await place.person(`leaves-${title.slice(0, 3)}`)
    const two = await logInAgain(one)
    const devices = await Promise.all([one.connect(place.mqttUrl), two.connect(place.wsUrl)])
    const imToken = await one.imToken()
    await close(admin, one.id)
    await Promise.all(devices.map(closed))
    for (const login of [one, two]) {
      expectRefusal(await login.call('GET', `users/${one.id}`), 401)
    }
    await expect(one.connect(place.mqttUrl, { password: imToken })).rejects.toMatchObject({ code: 5 })
  })

  test('push that was killed and comes back still knows', async () => {
    const phone = await place.person('before')
    const imToken = await phone.imToken()
    await phone.must('POST', 'users/logout')
    await place.restartPush?.()
    await expect(phone.connect(place.mqttUrl, { password: imToken })).rejects.toMatchObject({ code: 5 })
  })
})
