import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises'
import { createServer, type Server, type Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { sql } from 'kysely'
import { purgeInvites } from '../../api/members/invite-mails.js'
import type { MemberObject } from '../../shared/wire/objects.js'
import { request } from '../helpers/http.js'
import { Person, stampOf } from '../helpers/person.js'
import { expectRefusal } from '../helpers/refusal.js'
import { TestEnv } from '../helpers/test-env.js'

/** Invitations by e-mail: single-use, expiring, bound to the address. (yun2win.md §1.9, §4 W13) */

/** A mail server that takes everything, in the few words of SMTP that it needs. */
class TestSmtp {
  readonly mails: string[] = []
  isRefusing = false
  #sockets = new Set<Socket>()
  readonly #server: Server = createServer((socket) => this.#serve(socket))

  async listen(): Promise<string> {
    await new Promise<void>((resolve) => this.#server.listen(0, '127.0.0.1', resolve))
    const address = this.#server.address()
    return `smtp://127.0.0.1:${typeof address === 'object' ? address?.port : ''}`
  }

  #serve(socket: Socket): void {
    this.#sockets.add(socket)
    socket.on('error', () => {})
    socket.on('close', () => this.#sockets.delete(socket))
    socket.write('220 test\r\n')
    let text = ''
    let isMail = false
    socket.on('data', (bytes) => {
      text += bytes
      for (;;) {
        const end = isMail ? '\r\n.\r\n' : '\r\n'
        const at = text.indexOf(end)
        if (at < 0) return
        const part = text.slice(0, at)
        text = text.slice(at + end.length)
        if (isMail) {
          isMail = false
          this.mails.push(part)
          socket.write('250 taken\r\n')
        } else if (part === 'DATA') {
          isMail = true
          socket.write('354 go on\r\n')
        } else if (part.startsWith('RCPT') && this.isRefusing) socket.write('451 later\r\n')
        else if (part === 'QUIT') socket.end('221 bye\r\n')
        else socket.write('250 ok\r\n')
      }
    })
  }

  /** The newest mail to this address, as soon as there is one that fits. */
  async mailTo(email: string, fits: (mail: string) => boolean = () => true): Promise<string> {
    for (let n = 0; n < 400; n++) {
      const mail = this.mails.findLast((each) => each.includes(`To: ${email}`) && fits(each))
      if (mail) return mail
      await sleep(25)
    }
    throw new Error(`no mail to ${email} among ${this.mails.length}`)
  }

  close(): void {
    for (const socket of this.#sockets) socket.destroy()
    this.#server.close()
  }
}

let smtp: TestSmtp
let env: TestEnv
let alice: Person
let bob: Person
let now = 0

beforeAll(async () => {
  smtp = new TestSmtp()
  const MAIL_URL = await smtp.listen()
  const settings = {
    MAIL_URL,
    PUBLIC_URL: 'https://chat.example.com/',
    MAIL_FROM: 'Nudge <nudge@example.com>',
  }
  env = await TestEnv.start({ settings, now: () => now || Date.now() })
  ;[alice, bob] = (await env.people('alice', 'bob')) as [Person, Person]
})
afterAll(async () => {
  await env.close()
  smtp.close()
})

const invite = (person: Person, id: string, email: string, encoding: 'json' | 'form' = 'json') =>
  person.call<MemberObject>('POST', `sessions/${id}/members/invite`, { [encoding]: { email } })

async function mustInvite(person: Person, id: string, email: string): Promise<MemberObject> {
  const { status, body } = await invite(person, id, email)
  expect({ status, body }).toMatchObject({ status: 200 })
  return body
}

/** The link in a mail. */
function linkOf(mail: string): URL {
  const body = mail.slice(mail.indexOf('\r\n\r\n'))
  const isBase64 = /Content-Transfer-Encoding: base64/i.test(mail)
  const text = isBase64
    ? Buffer.from(body, 'base64').toString()
    : body
        .replace(/=\r\n/g, '')
        .replace(/=([0-9A-F]{2})/g, (_, hex) => String.fromCharCode(Number.parseInt(hex, 16)))
  const link = /https?:\/\/\S+/.exec(text)?.[0]
  if (!link) throw new Error(`no link in ${text}`)
  return new URL(link)
}

const keyIn = async (email: string) => linkOf(await smtp.mailTo(email)).searchParams.get('key') as string

const register = (email: string, key: string, encoding: 'json' | 'form' = 'json') =>
  request('POST', `${env.url}/v1/users/register`, {
    [encoding]: { email, password: 'secret', name: email.split('@')[0] as string, key },
  })

async function login(email: string): Promise<Person> {
  const json = { email, password: 'secret' }
  const { body } = await request('POST', `${env.url}/v1/users/login`, { json })
  return new Person(env.url, body)
}

const hasAccount = async (email: string) => {
  const json = { email, password: 'secret' }
  return (await request('POST', `${env.url}/v1/users/login`, { json })).status === 200
}

const texts = async (person: Person, id: string) =>
  (await person.pullMessages(id)).entries.map(({ content }) => JSON.parse(content).text)

test.each(['json', 'form'] as const)(
  'an address without an account, as %s: listed, mailed, joins by the key',
  async (encoding) => {
    const { id } = await alice.group(bob)
    const email = `carol-${encoding}@example.com`
    const before = await alice.pullMembers(id)
    const { status, body: invited } = await invite(bob, id, ` Carol-${encoding}@Example.com `, encoding)
    expect({ status, invited }).toEqual({
      status: 200,
      invited: {
        id: expect.stringMatching(/^\d+$/),
        userId: email,
        name: email,
        role: 'email',
        status: 'inactive',
        avatarUrl: '',
        time: '1',
        isDelete: false,
        createdAt: invited.updatedAt,
        updatedAt: invited.updatedAt,
      },
    })
    const mts = stampOf(invited.createdAt)
    expect(mts).toBeGreaterThan(Math.max(...before.entries.map(({ createdAt }) => stampOf(createdAt))))
    const membership = await env.api.memberships.find(id)
    expect(membership).toMatchObject({ mts, memberIds: new Set([alice.id, bob.id]) })
    expect(await texts(alice, id)).toEqual(['alice加入群聊', 'bob加入群聊'])

    const link = linkOf(await smtp.mailTo(email))
    expect(`${link.origin}${link.pathname}`).toBe('https://chat.example.com/acceptInvite')
    expect(link.searchParams.get('email')).toBe(email)
    const key = link.searchParams.get('key') as string
    const { db } = env.api.context
    expect(JSON.stringify(await db.selectFrom('invite').selectAll().execute())).not.toContain(key)

    const registered = await register(email, key, encoding)
    expect(registered).toMatchObject({ status: 200, body: { email } })
    const carol = await login(email)
    const { entries } = await carol.pullMembers(id)
    const own = entries.find(({ id: memberId }) => memberId === invited.id)
    expect(own).toMatchObject({ userId: carol.id, role: 'user', status: 'active', isDelete: false })
    expect(own).not.toHaveProperty('time')
    expect(stampOf(own?.createdAt as string)).toBeGreaterThan(mts)
    expect((await env.api.memberships.find(id))?.mts).toBe(stampOf(own?.createdAt as string))
    expect((await carol.pullConversations()).entries).toMatchObject([{ sessionId: id, unread: 1 }])
    expect(await alice.must('GET', `sessions/${id}`)).toMatchObject({ name: `alice,bob,carol-${encoding}` })
    expect((await texts(alice, id)).at(-1)).toBe(`carol-${encoding}加入群聊`)
    await carol.send(id, 'here I am')

    // Used up.
    expectRefusal(await register(`other-${email}`, key), 400)
  },
)

describe('a key', () => {
  test.each<[string, (email: string, key: string) => [string, string]]>([
    ['for another address', (_email, key) => ['mallory@example.com', key]],
    ['that is wrong', (email, key) => [email, `${key.slice(0, -1)}${key.endsWith('A') ? 'B' : 'A'}`]],
    ['that is the member’s id', (email) => [email, '1']],
  ])('%s opens nothing and makes no account', async (title, spoil) => {
    const { id } = await alice.group(bob)
    const email = `wrong-${title.length}@example.com`
    await mustInvite(alice, id, email)
    const [address, key] = spoil(email, await keyIn(email))
    const answer = await register(address, key)
    expectRefusal(answer, 400)
    expect(await hasAccount(address)).toBe(false)
    expect((await alice.pullMembers(id)).entries.at(-1)).toMatchObject({ role: 'email', isDelete: false })
  })

  test('that has expired opens nothing', async () => {
    const { id } = await alice.group()
    const email = 'late@example.com'
    await mustInvite(alice, id, email)
    const key = await keyIn(email)
    now = Date.now() + 7 * 24 * 3600_000 + 60_000
    try {
      expectRefusal(await register(email, key), 400)
    } finally {
      now = 0
    }
    expect(await register(email, key)).toMatchObject({ status: 200 })
  })

  test('of an invitation that was withdrawn, or of a group that is gone, opens nothing', async () => {
    const { id } = await alice.group(bob)
    const email = 'withdrawn@example.com'
    const invited = await mustInvite(bob, id, email)
    const key = await keyIn(email)
    expectRefusal(await bob.call('DELETE', `sessions/${id}/members/${invited.id}`), 403)
    await alice.must('DELETE', `sessions/${id}/members/${invited.id}`)
    const { entries } = await alice.pullMembers(id)
    const gone = entries.find((member) => member.id === invited.id)
    expect(gone).toMatchObject({ isDelete: true, role: 'email' })
    expect((await env.api.memberships.find(id))?.mts).toBe(stampOf(gone?.createdAt as string))
    expectRefusal(await register(email, key), 400)

    const again = await mustInvite(alice, id, email)
    expect(again).toMatchObject({ id: invited.id, time: '2', isDelete: false })
    expect(stampOf(again.createdAt)).toBeGreaterThan(stampOf(gone?.createdAt as string))
    const newKey = linkOf(await smtp.mailTo(email, (mail) => linkOf(mail).searchParams.get('key') !== key))
    await alice.must('DELETE', `sessions/${id}`)
    expectRefusal(await register(email, newKey.searchParams.get('key') as string), 400)
    expect(await hasAccount(email)).toBe(false)
  })

  test('that 10 try at once makes one account and one member', async () => {
    const { id } = await alice.group()
    const email = 'crowd@example.com'
    await mustInvite(alice, id, email)
    const key = await keyIn(email)
    const answers = await Promise.all([...Array(10).keys()].map(() => register(email, key)))
    expect(answers.filter(({ status }) => status === 200)).toHaveLength(1)
    const { entries } = await alice.pullMembers(id)
    expect(entries.filter(({ isDelete }) => !isDelete)).toHaveLength(2)
  })
})

test('20 invitations of one address at once are one row', async () => {
  const { id } = await alice.group(bob)
  const email = 'twenty@example.com'
  const answers = await Promise.all([...Array(20).keys()].map((n) => invite(n % 2 ? alice : bob, id, email)))
  expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([200]))
  const { entries } = await alice.pullMembers(id)
  const rows = entries.filter(({ role }) => role === 'email')
  expect(rows).toMatchObject([{ userId: email, time: '20' }])
  // Being invited again is no membership change.
  expect((await env.api.memberships.find(id))?.mts).toBe(stampOf(rows[0]?.createdAt as string))
})

test('an address with an account is added at once; an older invitation of it goes', async () => {
  const { id } = await alice.group()
  const email = 'dora@example.com'
  const invited = await mustInvite(alice, id, email)
  await request('POST', `${env.url}/v1/users/register`, { json: { email, password: 'secret', name: 'dora' } })
  const dora = await login(email)
  expect((await dora.pullConversations()).total_count).toBe(0)

  const added = await mustInvite(alice, id, email)
  expect(added).toMatchObject({ userId: dora.id, role: 'user', status: 'active', name: 'dora' })
  expect(await mustInvite(alice, id, email)).toEqual(added)
  const { entries } = await dora.pullMembers(id)
  expect(entries.find((member) => member.id === invited.id)).toMatchObject({ isDelete: true, role: 'email' })
  expect(await texts(alice, id)).toEqual(['alice加入群聊', 'dora加入群聊'])
})

describe('an invited address that an account moves to', () => {
  const moveTo = (person: Person, email: string) =>
    person.must('PUT', `users/${person.id}`, { json: { email } })
  const membersFor = async (id: string, person: Person, email: string) =>
    (await alice.pullMembers(id)).entries.filter(
      ({ userId, isDelete }) => !isDelete && (userId === person.id || userId === email),
    )
  let count = 0
  const prepare = async (isIn: boolean) => {
    const frank = await env.person(`frank${++count}`)
    const email = `shared${count}@example.com`
    const { id } = await (isIn ? alice.group(frank) : alice.group())
    const invited = await mustInvite(alice, id, email)
    const key = await keyIn(email)
    await moveTo(frank, email)
    return { frank, email, id, invited, key }
  }

  test('lets nobody in by itself, nor by the key: nobody has proved that it is his', async () => {
    const { frank, email, id, invited, key } = await prepare(false)
    expect((await frank.pullConversations()).total_count).toBe(0)
    expectRefusal(await frank.call('GET', `sessions/${id}/members`), 403)
    expect(await membersFor(id, frank, email)).toEqual([invited])
    expectRefusal(await register(email, key), 409)
    expect(await membersFor(id, frank, email)).toEqual([invited])
  })

  test('invited again, the account is in, once, and the invitation is gone', async () => {
    const { frank, email, id, invited, key } = await prepare(false)
    const added = await mustInvite(alice, id, email)
    expect(added).toMatchObject({ userId: frank.id, role: 'user' })
    expect(await membersFor(id, frank, email)).toEqual([added])
    expect(await mustInvite(alice, id, email)).toEqual(added)
    // It moves on, and somebody else has the address: the old key opens nothing.
    await moveTo(frank, `moved-${email}`)
    expectRefusal(await register(email, key), 400)
    const again = await mustInvite(alice, id, email)
    expect(again).toMatchObject({ id: invited.id, role: 'email', isDelete: false })
    const mail = await smtp.mailTo(email, (each) => linkOf(each).searchParams.get('key') !== key)
    const newKey = linkOf(mail).searchParams.get('key') as string
    expect(await register(email, newKey)).toMatchObject({ status: 200 })
    const owner = await login(email)
    expect(await membersFor(id, owner, email)).toMatchObject([{ id: invited.id, role: 'user' }])
    expect(await membersFor(id, frank, email)).toMatchObject([{ id: added.id, role: 'user' }])
  })

  test.each(['is invited', 'is added'])('who is in already and %s: the invitation is gone', async (how) => {
    const { frank, email, id } = await prepare(true)
    expect(await membersFor(id, frank, email)).toHaveLength(2)
    if (how === 'is invited') await mustInvite(alice, id, email)
    else await alice.must('POST', `sessions/${id}/members`, { json: { userId: frank.id } })
    const left = await membersFor(id, frank, email)
    expect(left).toMatchObject([{ userId: frank.id, name: frank.login.name }])
    const { entries } = await alice.pullMembers(id)
    expect((await env.api.memberships.find(id))?.mts).toBe(
      Math.max(...entries.map(({ createdAt }) => stampOf(createdAt))),
    )
  })

  test('left before anybody invites again, it is its owner’s by the key', async () => {
    const { frank, email, id, invited, key } = await prepare(true)
    await moveTo(frank, `left-${email}`)
    expect(await register(email, key)).toMatchObject({ status: 200 })
    const owner = await login(email)
    expect(await membersFor(id, owner, email)).toMatchObject([{ id: invited.id, role: 'user' }])
  })

  test('raced by a move, an invitation and a registration is one member at most', async () => {
    for (let round = 0; round < 4; round++) {
      const frank = await env.person(`racing-frank${round}`)
      const email = `raced${round}@example.com`
      const { id } = await alice.group(bob)
      await mustInvite(alice, id, email)
      const key = await keyIn(email)
      const answers = await Promise.all([
        frank.call('PUT', `users/${frank.id}`, { json: { email } }),
        register(email, key),
        invite(bob, id, email),
      ])
      for (const answer of answers) if (answer.status !== 200) expectRefusal(answer)
      await mustInvite(alice, id, email)
      const { entries } = await alice.pullMembers(id)
      const others = entries.filter((each) => !each.isDelete && ![alice.id, bob.id].includes(each.userId))
      expect(others).toHaveLength(1)
      expect(others[0]).toMatchObject({ role: 'user' })
    }
  })
})

test.each(['', 'no address', 'nobody', 'a@b@c', 'a@b,c@d'])('the address %j is refused', async (email) => {
  const { id } = await alice.group()
  expectRefusal(await invite(alice, id, email), 400)
  expect((await alice.pullMembers(id)).total_count).toBe(1)
})

test('an invited address is no member: not named, not counted, never master', async () => {
  const { id } = await alice.group()
  const invited = await mustInvite(alice, id, 'ghost@example.com')
  expect(await alice.must('GET', `sessions/${id}`)).toMatchObject({ name: 'alice' })
  for (const role of ['master', 'admin', 'user']) {
    const answer = await alice.call('PUT', `sessions/${id}/members/${invited.id}`, { json: { role } })
    expectRefusal(answer, 404)
  }
  const { entries } = await alice.pullMembers(id)
  await alice.must('DELETE', `sessions/${id}/members/${entries[0]?.id}`)
  expect((await env.api.memberships.find(id))?.memberIds).toEqual(new Set())
})

test('a mail that the server refuses is sent later; the row and the key wait', async () => {
  const { id } = await alice.group()
  const email = 'patience@example.com'
  smtp.isRefusing = true
  await mustInvite(alice, id, email)
  const { db } = env.api.context
  const find = () => db.selectFrom('invite').selectAll().where('email', '=', email).executeTakeFirstOrThrow()
  for (let n = 0; n < 200 && (await find()).attempts === 0; n++) await sleep(25)
  smtp.isRefusing = false
  expect(await find()).toMatchObject({ mailed_at: null })
  await db
    .updateTable('invite')
    .set({ due_at: new Date(0) })
    .where('email', '=', email)
    .execute()
  env.api.context.wakeMails()
  expect(await register(email, await keyIn(email))).toMatchObject({ status: 200 })
})

test('what has expired is deleted with its key; the address stays listed and can be invited again', async () => {
  const { id } = await alice.group()
  const { db } = env.api.context
  const emails = ['forgotten@example.com', 'unmailed@example.com', 'open@example.com']
  for (const email of emails) await mustInvite(alice, id, email)
  const key = await keyIn('forgotten@example.com')
  await keyIn('open@example.com')
  const set = (email: string, change: { mailed_at?: null; expires_at?: string }) =>
    db.updateTable('invite').set(change).where('email', '=', email).execute()
  await set('unmailed@example.com', { mailed_at: null })
  await set('open@example.com', { expires_at: String(Date.now() + 30 * 24 * 3600_000) })
  const left = async () => {
    const rows = await db.selectFrom('invite').select('email').where('email', 'in', emails).execute()
    return rows.map(({ email }) => email).sort()
  }
  await purgeInvites(env.api.context)
  expect(await left()).toEqual(emails.toSorted())
  now = Date.now() + 7 * 24 * 3600_000 + 60_000
  try {
    expect(await purgeInvites(env.api.context)).toBeGreaterThanOrEqual(2)
  } finally {
    now = 0
  }
  expect(await left()).toEqual(['open@example.com'])
  expectRefusal(await register('forgotten@example.com', key), 400)

  expect(await mustInvite(alice, id, 'forgotten@example.com')).toMatchObject({ role: 'email', time: '2' })
  const again = await smtp.mailTo('forgotten@example.com', (mail) => !mail.includes(key))
  const newKey = linkOf(again).searchParams.get('key') as string
  expect(await register('forgotten@example.com', newKey)).toMatchObject({ status: 200 })
})

test('a deleted group holds up no other’s mails, and its own are not kept', async () => {
  const { db } = env.api.context
  const { id: old } = await alice.group()
  const { id: member } = await mustInvite(alice, old, 'of-old@example.com')
  await keyIn('of-old@example.com')
  // More than are written at a time, from before deleting a group took its mails along.
  await db.transaction().execute(async (trx) => {
    await sql`
      insert into invite (app_id, session_id, member_id, email, created_at, expires_at)
      select app_id, session_id, member_id, email, created_at, expires_at
      from invite, generate_series(1, 40) where member_id = ${member}`.execute(trx)
    await sql`update session set is_deleted = true where id = ${old}`.execute(trx)
  })
  const { id } = await alice.group()
  await mustInvite(alice, id, 'behind-it@example.com')
  await keyIn('behind-it@example.com')

  smtp.isRefusing = true
  try {
    await mustInvite(alice, id, 'refused@example.com')
    const ofGroup = db.selectFrom('invite').select('email').where('session_id', '=', id)
    expect(await ofGroup.where('mailed_at', 'is', null).execute()).toHaveLength(1)
    await alice.must('DELETE', `sessions/${id}`)
    expect(await ofGroup.where('mailed_at', 'is', null).execute()).toEqual([])
  } finally {
    smtp.isRefusing = false
  }
})

describe('without a mail server', () => {
  test('mails are files, and the log says so without what is in them', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'nudge-mail-'))
    const here = await TestEnv.start({ settings: { DATA_DIR: folder } })
    try {
      const dora = await here.person('dora')
      const { id } = await dora.group()
      await mustInvite(dora, id, 'erin@example.com')
      const find = async () => {
        const files = await readdir(join(folder, 'outbox')).catch(() => [])
        return files.filter((file) => file.endsWith('.eml'))
      }
      for (let n = 0; n < 200 && (await find()).length === 0; n++) await sleep(25)
      const [file] = await find()
      const mail = await readFile(join(folder, 'outbox', file as string), 'utf8')
      expect(mail).toContain('To: erin@example.com')
      expect(linkOf(mail).origin).toBe(here.url)
    } finally {
      await here.close()
      await rm(folder, { recursive: true })
    }
  })
})
