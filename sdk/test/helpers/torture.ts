import { setTimeout as sleep } from 'node:timers/promises'
import type pg from 'pg'
import type { LoginObject } from '../../../shared/wire/objects.js'
import type { Apart } from '../../../test/helpers/apart.js'
import { request } from '../../../test/helpers/http.js'
import { Person } from '../../../test/helpers/person.js'
import {
  type Client,
  createClient,
  type Message,
  NudgeError,
  type Session,
  type StorageAdapter,
  text,
} from '../../src/index.js'
import { CALM, FlakyNetwork, type Trouble } from './flaky.js'
import type { Random } from './torture-random.js'
import { Disk } from './torture-storage.js'

/** Impatient, so that a minute holds many failures. */
const TIMING = { retryFirst: 40, retryMax: 600, request: 10_000, keepalive: 5000 }

/** What a network does for a while. */
const WEATHER: Record<string, Partial<Trouble>> = {
  lossy: { refuse: 0.1, loseAnswer: 0.15, deliverLate: 0.1, repeatFrame: 0.1, delayMs: 10 },
  slow: { delayMs: 300, repeatFrame: 0.2 },
  dropping: { dropFrame: 0.4, cutAtFrame: 0.02, delayMs: 20 },
  hanging: { hang: 0.1, loseAnswer: 0.2, delayMs: 30 },
}

/** One text that was sent from a device. */
export interface Sent {
  n: number
  sessionId: string
  /** The clientMessageId. */
  key: string
  words: string
  message: Message
  life: number
  outcome: 'pending' | 'stored' | 'refused' | 'left'
  /** Of those that were left behind by a tab: whether they were on the disk by then. */
  wasKept?: boolean
}

/** Tells messages apart that devices sent: everybody here names theirs anew. The server's own have only an id. */
export function clientKeyOf({
  clientMessageId,
  id,
}: {
  clientMessageId?: string | undefined
  id?: string | undefined
}): string {
  return clientMessageId ?? id ?? ''
}

/** A user's device: one tab after the other on the same disk. */
export class TortureDevice {
  client!: Client
  network!: FlakyNetwork
  readonly disk: Disk
  readonly sent: Sent[] = []
  /** By life: what the `message` event told of. */
  readonly heard: Message[][] = []
  readonly errors: NudgeError[] = []
  readonly problems: string[] = []
  /** Keys of messages that no later life may tell of. */
  readonly told = new Set<string>()
  kills = 0
  #life = 0
  #count = 0
  #pending = new Set<Promise<unknown>>()

  constructor(
    readonly name: string,
    readonly user: string,
    private readonly random: Random,
    private readonly server: { url: string; pushUrl: string },
    messagesPerSession?: number,
  ) {
    this.disk = new Disk(random.fork(), messagesPerSession)
  }

  get life(): number {
    return this.#life
  }

  get sessions(): readonly Session[] {
    return this.client.sessions.items
  }

  async open(): Promise<void> {
    this.#make()
    const client = this.client
    await client.login(credentialsOf(this.user))
    await client.until('live')
  }

  #make(): void {
    this.#life += 1
    this.network = new FlakyNetwork(this.random.fork())
    this.client = newClient(this.server, this.network, this.disk.adapter())
    const heard: Message[] = []
    this.heard.push(heard)
    this.client.on('message', (message) => {
      heard.push(message)
      if (this.told.has(clientKeyOf(message))) {
        this.problems.push(`${this.name} is told once more of ${clientKeyOf(message)} ${message.preview}`)
      }
    })
    this.client.on('error', (error) => this.errors.push(error))
    this.client.on('loggedOut', ({ reason }) => this.problems.push(`${this.name} was logged out: ${reason}`))
  }

  send(session: Session): void {
    this.#count += 1
    const n = this.#count
    const words = `${this.name} ${n}`
    const message = session.sendText(words)
    const sent: Sent = {
      n,
      sessionId: session.id,
      key: message.clientMessageId as string,
      words,
      message,
      life: this.#life,
      outcome: 'pending',
    }
    this.sent.push(sent)
    message.whenStored().then(
      () => {
        if (sent.outcome === 'pending') sent.outcome = 'stored'
        if (!message.id || message.status !== 'stored') this.problems.push(`${words} is stored without an id`)
      },
      (error: NudgeError) => {
        if (error.code === 'Cancelled') sent.outcome = 'left'
        else sent.outcome = 'refused'
        if (!(error instanceof NudgeError)) this.problems.push(`${words}: ${error}`)
      },
    )
  }

  /** What the network may refuse, and the rules. Anything else is a problem. */
  attempt(what: string, act: (client: Client) => Promise<unknown>): void {
    const { name, problems } = this
    const life = this.#life
    const attempt = (async () => act(this.client))().catch((error) => {
      if (!(error instanceof NudgeError) && life === this.#life) {
        problems.push(`${name} ${what}: ${error?.stack ?? error}`)
      }
    })
    this.#pending.add(attempt)
    void attempt.then(() => this.#pending.delete(attempt))
  }

  async attemptsDone(): Promise<void> {
    await Promise.all(this.#pending)
  }

  /** The tab is killed in the middle of whatever it does; another one goes on. */
  async kill(): Promise<void> {
    this.kills += 1
    this.network.die()
    await this.disk.kill()
    const dead = this.client
    await this.#leave()
    this.#pending.clear()
    this.#make()
    await this.client.resume()
    // Its timers stop; what it says is heard by nobody.
    void dead.close()
  }

  /** The tab is closed in good order, and opened again. */
  async reopen(): Promise<void> {
    const { client } = this
    await client.close()
    await this.#leave()
    this.#make()
    await this.client.resume()
  }

  async #leave(): Promise<void> {
    const kept = await this.disk.contents()
    const drafts = new Set<string>()
    for (const [key, value] of kept) {
      const row = value as { id?: string; clientMessageId?: string }
      if (key.includes('/cache-1/message/')) this.told.add(clientKeyOf(row))
      if (key.includes('/draft/')) {
        this.told.add(row.clientMessageId as string)
        drafts.add(row.clientMessageId as string)
      }
    }
    for (const sent of this.sent) {
      if (sent.outcome !== 'pending' && sent.outcome !== 'left') continue
      if (sent.wasKept !== undefined) continue
      sent.outcome = 'left'
      sent.wasKept = this.told.has(sent.key)
    }
  }

  /** Messages that wait on the disk. */
  async waiting(): Promise<string[]> {
    const waiting: string[] = []
    for (const [key, value] of await this.disk.contents()) {
      const draft = value as { status?: string; clientMessageId: string }
      if (key.includes('/draft/') && draft.status === 'storing') waiting.push(draft.clientMessageId)
    }
    return waiting
  }

  async isSettled(): Promise<boolean> {
    const isOpen = (sent: Sent) => sent.outcome === 'pending'
    return !this.sent.some(isOpen) && (await this.waiting()).length === 0
  }

  calm(): void {
    this.network.trouble = CALM
    this.network.isRestDown = false
    this.network.isPushDown = false
  }
}

export function newClient(
  { url, pushUrl }: { url: string; pushUrl: string },
  network: FlakyNetwork,
  storage: StorageAdapter,
): Client {
  return createClient({
    url,
    pushUrl,
    storage,
    fetch: network.fetch,
    mqtt: network.transport,
    timing: TIMING,
  })
}

export const credentialsOf = (user: string) => ({ account: `${user}@example.com`, password: `of ${user}` })

/** What a tick may bring, and how often. */
const STEPS = {
  send: 36,
  edit: 3,
  recall: 1,
  deleteMessage: 1,
  markRead: 4,
  pin: 1,
  renameConversation: 1,
  removeConversation: 0.5,
  renameMe: 1.5,
  contact: 2,
  favourite: 1.5,
  renameGroup: 1,
  toggleMember: 1.2,
  giveRole: 0.4,
  createGroup: 0.2,
  openMessages: 2,
  closeMessages: 1,
  loadOlder: 1,
  loadMembers: 1,
  notify: 1,
  weather: 4,
  cut: 1.5,
  down: 1,
  kill: 2.5,
  reopen: 0.6,
}
type Step = keyof typeof STEPS

export interface Place {
  /** Alice runs it, and puts carol out and in. */
  group: string
  /** Bob runs it, and puts alice out and in. */
  other: string
}

/** Three users with two devices each, and everything that can happen to them. */
export class Torture {
  readonly devices: TortureDevice[] = []
  readonly people = new Map<string, Person>()
  place!: Place
  readonly steps: Partial<Record<Step, number>> = {}
  #timers = new Set<NodeJS.Timeout>()

  constructor(
    private readonly random: Random,
    private readonly apart: Apart,
    private readonly server: { url: string; pushUrl: string },
  ) {}

  idOf(user: string): string {
    return this.people.get(user)?.id as string
  }

  get sentCount(): number {
    return this.devices.reduce((sum, { sent }) => sum + sent.length, 0)
  }

  /** Everybody is there and live before the first session is. */
  async prepare(): Promise<void> {
    const { random, server } = this
    for (const user of ['alice', 'bob', 'carol']) {
      const { account: email, password } = credentialsOf(user)
      const json = { email, password, name: user }
      await request('POST', `${server.url}/v1/users/register`, { json })
      const { body } = await request<LoginObject>('POST', `${server.url}/v1/users/login`, { json })
      this.people.set(user, new Person(server.url, body))
      for (const n of [1, 2]) {
        // One of them keeps little.
        const few = user === 'carol' && n === 1 ? 60 : undefined
        this.devices.push(new TortureDevice(`${user}${n}`, user, random.fork(), server, few))
      }
    }
    await Promise.all(this.devices.map((device) => device.open()))
    const [alice, , bob, , carol] = this.devices.map(({ client }) => client) as [Client, ...Client[]]
    const ids = ['alice', 'bob', 'carol'].map((user) => this.idOf(user)) as [string, string, string]
    const group = await alice.sessions.createGroup({ name: 'group', members: [ids[1], ids[2]] })
    const other = await (bob as Client).sessions.createGroup({ members: [ids[0], ids[2]] })
    await alice.sessions.p2p(ids[1])
    await (bob as Client).sessions.p2p(ids[2])
    await (carol as Client).sessions.p2p(ids[0])
    await alice.sessions.own()
    this.place = { group: group.id, other: other.id }
    for (const { client, user } of this.devices) {
      await client.sessions.until((sessions) => sessions.length === (user === 'alice' ? 5 : 4))
      await client.conversations.until((conversations) => conversations.length === 4)
    }
  }

  /** Until so many texts have been sent. */
  async rage(sends: number): Promise<void> {
    const { random } = this
    const blows = ['api', 'push', 'api', 'push', 'both'].map((what, n) => ({
      what,
      at: (sends * (n + 1)) / 6.5,
    }))
    let blow: Promise<void> = Promise.resolve()
    while (this.sentCount < sends) {
      const device = random.of(this.devices)
      const step = random.weighted(STEPS)
      this.steps[step] = (this.steps[step] ?? 0) + 1
      await this.#step(step, device)
      const [next] = blows
      if (next && this.sentCount >= next.at) {
        blows.shift()
        const before = blow
        blow = before.then(() => this.#strike(next.what))
      }
      await sleep(random.upTo(60))
    }
    await blow
  }

  async #strike(what: string): Promise<void> {
    const { apart, random } = this
    const api = async () => {
      await apart.apis[0]?.kill('SIGKILL')
      await sleep(random.upTo(1000))
      apart.apis[0] = await apart.restartApi(0)
    }
    const push = async () => {
      await apart.push.kill('SIGKILL')
      await sleep(random.upTo(1000))
      apart.push = await apart.restartPush()
    }
    if (what !== 'push') await api()
    if (what !== 'api') await push()
  }

  async #step(step: Step, device: TortureDevice): Promise<void> {
    const { random } = this
    const { client, sessions, network } = device
    const session = random.of(sessions)
    const conversation = random.of(client.conversations.items)
    const n = random.below(1_000_000)
    switch (step) {
      case 'send':
        if (session) for (let left = 1 + random.below(4); left > 0; left -= 1) device.send(session)
        return
      case 'edit':
      case 'recall':
      case 'deleteMessage': {
        const own = device.sent.filter(({ life, outcome }) => life === device.life && outcome === 'stored')
        // Some of them long past, most of them new.
        const sent = random.happens(0.3) ? random.of(own) : own.at(-1 - random.below(5))
        if (!sent) return
        if (step === 'edit')
          device.attempt(step, () => sent.message.edit(text, { text: `${sent.words} edited ${n}` }))
        if (step === 'recall') device.attempt(step, () => sent.message.recall(`recalled ${n}`))
        if (step === 'deleteMessage') device.attempt(step, () => sent.message.delete())
        return
      }
      case 'markRead':
        if (session) device.attempt(step, () => session.markRead())
        return
      case 'pin':
        if (conversation) device.attempt(step, () => conversation.pin(n % 2 === 0))
        return
      case 'renameConversation':
        if (conversation?.type === 'p2p')
          device.attempt(step, () => conversation.rename(n % 3 ? `peer ${n}` : ''))
        return
      case 'removeConversation':
        if (conversation) device.attempt(step, () => conversation.remove())
        return
      case 'renameMe':
        device.attempt(step, async ({ me }) => me?.update({ name: `${device.user} ${n}` }))
        return
      case 'contact': {
        const contact = random.of(client.contacts.items)
        const userId = this.idOf(random.of(['alice', 'bob', 'carol']))
        if (!contact || n % 3 === 0) device.attempt(step, ({ contacts }) => contacts.add(userId))
        else if (n % 3 === 1) device.attempt(step, () => contact.update({ title: `friend ${n}` }))
        else device.attempt(step, () => contact.remove())
        return
      }
      case 'favourite': {
        const favourite = random.of(client.favourites.items)
        const group = random.of(sessions.filter(({ type }) => type === 'group'))
        if (!favourite || n % 3 === 0) {
          if (group) device.attempt(step, ({ favourites }) => favourites.add(group.id))
        } else if (n % 3 === 1) device.attempt(step, () => favourite.rename(`group ${n}`))
        else device.attempt(step, () => favourite.remove())
        return
      }
      case 'renameGroup':
        if (session?.type === 'group') device.attempt(step, () => session.update({ name: `group ${n}` }))
        return
      case 'toggleMember':
        return this.#toggleMember(random.happens(0.6) ? 'group' : 'other')
      case 'giveRole':
        return this.#giveRole(n % 2 ? 'admin' : 'user')
      case 'createGroup': {
        const members = ['alice', 'bob', 'carol'].filter((user) => user !== device.user)
        device.attempt(step, ({ sessions }) =>
          sessions.createGroup({ members: members.map((user) => this.idOf(user)) }),
        )
        return
      }
      case 'openMessages':
        if (session) device.attempt(step, () => session.messages.open())
        return
      case 'closeMessages':
        session?.messages.close()
        return
      case 'loadOlder':
        if (session) device.attempt(step, () => session.messages.loadOlder(1 + random.below(80)))
        return
      case 'loadMembers':
        if (session) device.attempt(step, () => session.members.load())
        return
      case 'notify':
        if (session) device.attempt(step, () => session.notify({ typing: n }))
        return
      case 'weather':
        network.trouble = { ...CALM, ...WEATHER[random.of(Object.keys(WEATHER))] }
        this.#later(random.upTo(3000), () => {
          network.trouble = CALM
        })
        return
      case 'cut':
        network.cut()
        return
      case 'down': {
        const which = random.below(3)
        network.isRestDown = which !== 0
        network.isPushDown = which !== 1
        if (network.isPushDown) network.cut()
        this.#later(random.upTo(2500), () => {
          network.isRestDown = false
          network.isPushDown = false
        })
        return
      }
      // The second devices live through all of it.
      case 'kill':
        if (!device.name.endsWith('1')) return
        // With something on its way to the disk, to the server, or back.
        if (session) for (let left = random.below(4); left > 0; left -= 1) device.send(session)
        await sleep(random.upTo(25))
        return device.kill()
      case 'reopen':
        if (device.name.endsWith('1')) await device.reopen()
    }
  }

  #later(ms: number, act: () => void): void {
    const timer = setTimeout(() => {
      this.#timers.delete(timer)
      act()
    }, ms)
    this.#timers.add(timer)
  }

  #toggleMember(which: keyof Place): void {
    const [runs, who] = which === 'group' ? ['alice2', 'carol'] : ['bob2', 'alice']
    const device = this.devices.find(({ name }) => name === runs) as TortureDevice
    const session = device.client.sessions.get(this.place[which])
    if (!session) return
    device.attempt('toggleMember', async () => {
      await session.members.load()
      const member = session.members.byUser(this.idOf(who as string))
      if (member) await session.removeMember(member)
      else await session.addMember(this.idOf(who as string))
    })
  }

  #giveRole(role: 'admin' | 'user'): void {
    const device = this.devices.find(({ name }) => name === 'alice2') as TortureDevice
    const session = device.client.sessions.get(this.place.group)
    device.attempt('giveRole', async () => {
      await session?.members.load()
      const member = session?.members.byUser(this.idOf('bob'))
      if (member) await session?.setRole(member, role)
    })
  }

  /** The network heals, and what waits gets through. Everybody is in the first group; alice may be out of the other. */
  async calm(limitMs = 60_000): Promise<void> {
    for (const timer of this.#timers) clearTimeout(timer)
    for (const device of this.devices) device.calm()
    const until = Date.now() + limitMs
    for (const device of this.devices) {
      while (!(await device.isSettled())) {
        if (Date.now() > until) {
          const open = device.sent.filter(({ outcome }) => outcome === 'pending').map(({ words }) => words)
          throw new Error(
            `${device.name} (${device.client.state}) still sends ${open.slice(0, 5)}; ${await device.waiting()}`,
          )
        }
        await sleep(20)
      }
      await within(limitMs, `${device.name}'s attempts`, device.attemptsDone())
    }
    const alice = this.people.get('alice') as Person
    await alice.add(this.place.group, { id: this.idOf('carol') })
    // What was dropped comes with the next connect, and nothing less than that is promised.
    await Promise.all(
      this.devices.map(async ({ client, network, name }) => {
        await within(limitMs, `${name} live`, client.until('live'))
        const again = client.next('status', ({ state }) => state === 'live')
        network.cut()
        await within(limitMs, `${name} live again`, again)
      }),
    )
  }

  /** What is on the server about what was sent: once, in order. */
  async checkServer(db: pg.Client): Promise<string[]> {
    const problems: string[] = []
    const { rows } = await db.query<{
      session_id: string
      client_message_id: string
      content: string
      type: string
    }>(
      `select session_id, client_message_id, content, type from message
       where client_message_id is not null order by session_id, seq`,
    )
    const stored = new Map<string, { sessionId: string; content: string; type: string }>()
    for (const row of rows) {
      const { client_message_id: key, session_id: sessionId, content, type } = row
      if (stored.has(key)) problems.push(`${content} is stored twice`)
      stored.set(key, { sessionId, content, type })
    }
    const byKey = new Map(
      this.devices.flatMap((device) => device.sent.map((sent) => [sent.key, { device, sent }])),
    )
    const last = new Map<string, number>()
    for (const [key, { sessionId, content, type }] of stored) {
      const known = byKey.get(key)
      if (!known) {
        problems.push(`${content} was sent by nobody`)
        continue
      }
      const { device, sent } = known
      if (sessionId !== sent.sessionId) problems.push(`${sent.words} is in the wrong session`)
      if (type === 'text' && !content.includes(`"${sent.words}`))
        problems.push(`${sent.words} says ${content}`)
      const lane = `${device.name} ${sessionId}`
      if ((last.get(lane) ?? 0) > sent.n) problems.push(`${sent.words} is behind ${last.get(lane)}`)
      last.set(lane, sent.n)
    }
    for (const { sent, device } of byKey.values()) {
      const isStored = stored.has(sent.key)
      if (sent.outcome === 'stored' && !isStored) problems.push(`${sent.words} is not stored`)
      if (sent.outcome === 'pending') problems.push(`${sent.words} is pending`)
      if (sent.outcome === 'left' && !sent.wasKept && isStored) {
        problems.push(`${sent.words} was sent before it was kept`)
      }
      if (sent.outcome === 'left' && sent.wasKept && !isStored && !(await isRefused(device, sent.key))) {
        problems.push(`${sent.words} was kept and is lost`)
      }
    }
    return problems
  }

  async close(): Promise<void> {
    for (const timer of this.#timers) clearTimeout(timer)
    for (const { client } of this.devices) await client.close()
  }
}

async function isRefused(device: TortureDevice, clientMessageId: string): Promise<boolean> {
  for (const [key, value] of await device.disk.contents()) {
    const draft = value as { status?: string; clientMessageId: string }
    if (key.includes('/draft/') && draft.clientMessageId === clientMessageId)
      return draft.status === 'storefailed'
  }
  return false
}

export async function within<T>(ms: number, what: string, promise: Promise<T>): Promise<T> {
  let timer: NodeJS.Timeout | undefined
  const limit = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`${what}: not within ${ms} ms`)), ms)
  })
  return Promise.race([promise, limit]).finally(() => clearTimeout(timer))
}
