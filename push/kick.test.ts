import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { connectPacket, PushEnv, type RawClient, tokens, until } from '../test/helpers/push-env.js'

const guids = {
  page: '0f8fad5b-d9cb-469f-a165-70867728950e',
  other: 'ffffffff-d9cb-469f-a165-70867728950e',
}

let env: PushEnv
beforeAll(async () => {
  env = await PushEnv.start()
})
afterAll(() => env.close())

let users = 100
/** A user that no other test has. */
const newUser = () => String(++users)

describe.each(['tcp', 'ws'])('an app that kicks, over %s', (transport) => {
  /** Connects with an old client's id `<r><d><guid>` and waits for what comes of it. */
  async function connect(
    userId: string,
    clientId: string,
    claims: { kicks?: boolean; device?: string } = { kicks: true },
  ): Promise<{ raw: RawClient; code: number | undefined }> {
    const raw = await (transport === 'tcp' ? env.rawTcp() : env.rawWs())
    const token = tokens.sign('im', { sub: userId, app: 'a', login: 'l', ...claims })
    raw.send(connectPacket(userId, { clientId, password: Buffer.from(token) }))
    const connack = await raw.next('connack')
    const code = (connack as { returnCode?: number }).returnCode
    if (code === 0) await raw.received.first((frame) => frame.returnCode === 11)
    return { raw, code }
  }

  test('a new device kicks the other one of its class with 10 and takes its place', async () => {
    const user = newUser()
    const { raw: first } = await connect(user, `00${guids.page}`)
    const { raw: second } = await connect(user, `00${guids.other}`)
    await first.closed
    expect(first.received.all).toEqual([{ returnCode: 11 }, { returnCode: 10 }])
    await env.push.announce({ topic: `y2w/user/${user}`, stamp: 1, syncs: [{ type: 0 }] })
    await second.received.first((frame) => frame.stamp === 1)
    expect(first.received.all).toHaveLength(2)
  })

  test('the same device, reconnecting or dialling anew, replaces its own connection silently', async () => {
    const user = newUser()
    const { raw: first } = await connect(user, `00${guids.page}`)
    const { raw: second, code } = await connect(user, `10${guids.page}`)
    expect(code).toBe(0)
    await first.closed
    expect(first.received.all).toEqual([{ returnCode: 11 }])
    const { raw: third } = await connect(user, `00${guids.page}`)
    await second.closed
    expect(second.received.all).toEqual([{ returnCode: 11 }])
    expect(third.received.all).toEqual([{ returnCode: 11 }])
  })

  test('a device that reconnects kicks nobody, and is refused with CONNACK 10 when its place is taken', async () => {
    const user = newUser()
    const { raw: holder } = await connect(user, `00${guids.page}`)
    const { raw: late, code } = await connect(user, `10${guids.other}`)
    expect(code).toBe(10)
    await late.closed
    expect(holder.received.all).toEqual([{ returnCode: 11 }])

    // Nor does it come back when the one that took the place is away for a moment.
    holder.send({ cmd: 'disconnect' })
    await holder.closed
    expect((await connect(user, `10${guids.other}`)).code).toBe(10)
    expect((await connect(user, `10${guids.page}`)).code).toBe(0)
  })

  test('a new client that was kicked does not fight for its place, but may take it with a newer imToken', async () => {
    const user = newUser()
    const phone = { kicks: true, device: 'phone' }
    const { raw: old } = await connect(user, 'old phone', phone)
    const { raw: next } = await connect(user, 'new phone', phone)
    await old.closed
    expect((await connect(user, 'old phone', phone)).code).toBe(10)
    // Tokens count in seconds.
    await new Promise((resolve) => setTimeout(resolve, 1100))
    expect((await connect(user, 'old phone', phone)).code).toBe(0)
    await next.closed
    expect(next.received.all.at(-1)).toEqual({ returnCode: 10 })
  })

  test('devices of other classes and of other users stay', async () => {
    const user = newUser()
    const { raw: page } = await connect(user, `00${guids.page}`)
    const { raw: phone } = await connect(user, `01${guids.other}`)
    const { raw: stranger } = await connect(newUser(), `00${guids.other}`)
    for (const { received } of [page, phone, stranger]) expect(received.all).toEqual([{ returnCode: 11 }])
    expect(env.push.connectionCount).toBeGreaterThanOrEqual(3)
    await env.push.announce({ topic: `y2w/user/${user}`, stamp: 1, syncs: [{ type: 0 }] })
    for (const { received } of [page, phone]) await received.first((frame) => frame.stamp === 1)
  })

  test('the class that an imToken names goes before that of the client id', async () => {
    const user = newUser()
    const { raw: tv } = await connect(user, `00${guids.page}`, { kicks: true, device: 'tv' })
    const { raw: web } = await connect(user, `00${guids.other}`)
    await connect(user, 'any id of a new client', { kicks: true, device: 'tv' })
    await tv.closed
    expect(tv.received.all.at(-1)).toEqual({ returnCode: 10 })
    expect(web.received.all).toEqual([{ returnCode: 11 }])
  })

  test('a device without a class neither kicks nor is kicked', async () => {
    const user = newUser()
    const { raw: script } = await connect(user, 'a script')
    await connect(user, 'another script')
    await connect(user, `00${guids.page}`)
    expect(script.received.all).toEqual([{ returnCode: 11 }])
  })

  test('where the app lets a user have many devices nobody is kicked', async () => {
    const user = newUser()
    const { raw: one } = await connect(user, `00${guids.page}`, {})
    const { raw: two } = await connect(user, `00${guids.other}`, {})
    expect((await connect(user, `10${guids.page.replace('0f', 'aa')}`, {})).code).toBe(0)
    for (const { received } of [one, two]) expect(received.all).toEqual([{ returnCode: 11 }])
  })

  test('a device that is slow to read learns that it was kicked, before all that waited for it', async () => {
    const user = newUser()
    const { raw: slow } = await connect(user, `00${guids.page}`)
    slow.transport.pause()
    const syncs = [{ type: 'x', filler: 'y'.repeat(100_000) }]
    // The kernel takes some megabytes before anything waits.
    for (let stamp = 1; stamp <= 9; stamp += 1) {
      await env.push.announce({
        topic: `y2w/user/${user}`,
        stamp,
        syncs: [{ ...syncs[0], type: `${stamp}` }],
      })
    }
    await connect(user, `00${guids.other}`)
    slow.transport.resume()
    await slow.received.first((frame) => frame.returnCode === 10)
  })

  test('a kicked device that does not leave is cut off', async () => {
    const user = newUser()
    const { raw: deaf } = await connect(user, `00${guids.page}`)
    deaf.transport.pause()
    const count = env.push.connectionCount
    await connect(user, `00${guids.other}`)
    await until(() => env.push.connectionCount === count)
    deaf.transport.resume()
    await deaf.closed
  })
})
