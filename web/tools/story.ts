import sharp from 'sharp'
import { Writer } from './writer.js'

const PASSWORD = 'correct horse'

/** Who is in the pictures. The first one is whose screen is shown. */
const PEOPLE = {
  alice: 'Alice Moreau',
  ben: 'Ben Okafor',
  lina: '李娜',
  marta: 'Marta Kowalska',
  tom: 'Tom Eriksen',
  wei: '王伟',
} as const

type Who = keyof typeof PEOPLE

export interface Story {
  account: string
  password: string
  sessions: { hike: string; design: string; lina: string; ben: string }
  /** Somebody else than whose screen it is writes. */
  say(who: Who, sessionId: string, text: string): Promise<unknown>
}

/** Fills a new server with people who know each other and have talked. */
export async function tellStory(url: string): Promise<Story> {
  const people = {} as Record<Who, Writer>
  for (const [who, name] of Object.entries(PEOPLE) as [Who, string][]) {
    const account = accountOf(who)
    await Writer.register(url, { account, password: PASSWORD, name })
    people[who] = await Writer.logIn(url, { account }, PASSWORD)
  }
  const { alice, ben, lina, marta, tom, wei } = people
  for (const [who, hue] of [
    ['alice', 260],
    ['ben', 20],
    ['marta', 330],
  ] as const) {
    const { id, md5 } = await people[who].upload('face.png', 'image/png', await face(hue))
    await people[who].ask('PUT', `users/${people[who].userId}`, {
      name: PEOPLE[who],
      avatarUrl: `attachments/${id}/${md5}`,
    })
  }
  for (const who of ['ben', 'lina', 'marta', 'tom', 'wei'] as const) {
    await alice.ask('POST', `users/${alice.userId}/contacts`, {
      userId: people[who].userId,
      name: PEOPLE[who],
    })
  }

  const say = (who: Who, sessionId: string, text: string) => people[who].send(sessionId, text)
  const tomSession = await alice.p2p(tom.userId)
  await say('tom', tomSession, 'Invoice is paid. Thank you!')
  const weiSession = await alice.p2p(wei.userId)
  await say('wei', weiSession, '明天下午三点开会，可以吗？')
  await say('alice', weiSession, '可以，会议室见 👍')
  await alice.ask('POST', `users/${alice.userId}/userSessions`, { sessionId: weiSession }).catch(() => {})

  const linaSession = await alice.p2p(lina.userId)
  await say('lina', linaSession, 'The new onboarding copy is in the doc: https://example.com/onboarding')
  await say('alice', linaSession, 'Reads well. I would drop the second paragraph.')
  await say('lina', linaSession, 'Done 😊')

  const hike = await group(alice, 'Weekend hike', [ben, marta, tom])
  await say('ben', hike, 'Morning! Forecast for Saturday is perfect ☀️')
  await say('ben', hike, 'Who is in for the ridge trail? About 14 km, some of it steep.')
  await say('marta', hike, 'Me! I can take three in the car.')
  await say('alice', hike, 'Count me in. I will bring the stove and coffee.')
  await picture(ben, hike, await landscape())
  await say('ben', hike, 'The view from last time, in case anybody hesitates.')
  await say('tom', hike, 'Wow. OK, I am coming 😄')
  await say(
    'alice',
    hike,
    'Meeting point: the north car park at 8:30.\nTrack: https://example.com/trails/ridge',
  )
  await file(marta, hike, 'packing-list.pdf', 'application/pdf', Buffer.alloc(248_000, 'x'))

  const benSession = await alice.p2p(ben.userId)
  await say('ben', benSession, 'Can you bring the spare poles?')
  await say('alice', benSession, 'Already in the bag.')

  const design = await group(alice, 'Design review', [lina, marta, wei])
  await say('marta', design, 'Two versions of the empty state are up, feedback by Thursday please.')
  await say('lina', design, 'Second one. It says what to do next.')
  await say('wei', design, '同意，第二版更清楚。')

  await alice.ask('PUT', `users/${alice.userId}/userConversations/${await conversation(alice, hike)}`, {
    top: true,
  })
  const sessions = { hike, design, lina: linaSession, ben: benSession }
  return { account: accountOf('alice'), password: PASSWORD, sessions, say }
}

const accountOf = (who: Who) => `${who}@example.com`

async function group(master: Writer, name: string, members: Writer[]): Promise<string> {
  const { id } = await master.ask<{ id: string }>('POST', 'sessions', {
    ...{ type: 'group', name, secureType: 'private', nameChanged: true },
  })
  await master
    .ask('POST', `sessions/${id}/members`, { userId: master.userId, role: 'master' })
    .catch(() => {})
  for (const { userId } of members)
    await master.ask('POST', `sessions/${id}/members`, { userId, role: 'user' })
  return id
}

async function conversation({ userId, ask }: Writer, sessionId: string): Promise<string> {
  const { entries } = await ask<{ entries: { id: string; targetId: string }[] }>(
    'GET',
    `users/${userId}/userConversations`,
  )
  return entries.find(({ targetId }) => targetId === sessionId)?.id ?? ''
}

async function picture(sender: Writer, sessionId: string, bytes: Buffer): Promise<void> {
  const { id } = await sender.upload('ridge.jpg', 'image/jpeg', bytes)
  const src = `attachments/${id}/content`
  const content = JSON.stringify({ src, thumbnail: src, width: 1200, height: 750 })
  await sender.ask('POST', `sessions/${sessionId}/messages`, {
    sender: sender.userId,
    type: 'image',
    content,
  })
}

async function file(
  sender: Writer,
  sessionId: string,
  name: string,
  type: string,
  bytes: Buffer,
): Promise<void> {
  const { id } = await sender.upload(name, type, bytes)
  const content = JSON.stringify({ src: `attachments/${id}/content`, name, size: bytes.length })
  await sender.ask('POST', `sessions/${sessionId}/messages`, { sender: sender.userId, type: 'file', content })
}

function landscape(): Promise<Buffer> {
  const svg = `<svg xmlns="http://www.w3.org/2000/svg" width="1200" height="750">
    <defs>
      <linearGradient id="sky" x1="0" y1="0" x2="0" y2="1">
        <stop offset="0" stop-color="#4a6fd8"/><stop offset=".55" stop-color="#f3b79b"/><stop offset="1" stop-color="#fde5c8"/>
      </linearGradient>
    </defs>
    <rect width="1200" height="750" fill="url(#sky)"/>
    <circle cx="860" cy="330" r="62" fill="#fff3d6"/>
    <path d="M0 470 L170 330 L300 430 L470 270 L640 440 L800 320 L980 460 L1200 350 V750 H0z" fill="#8a86b8"/>
    <path d="M0 560 L210 430 L380 540 L560 400 L760 560 L960 450 L1200 570 V750 H0z" fill="#565a8f"/>
    <path d="M0 650 L260 540 L470 640 L720 530 L960 650 L1200 590 V750 H0z" fill="#2c3160"/>
  </svg>`
  return sharp(Buffer.from(svg)).jpeg({ quality: 85 }).toBuffer()
}

function face(hue: number): Promise<Buffer> {
  const svg = `<svg xmlns="http://www.w3.org/2000/svg" width="256" height="256">
    <rect width="256" height="256" fill="hsl(${hue} 55% 82%)"/>
    <circle cx="128" cy="262" r="96" fill="hsl(${hue} 45% 45%)"/>
    <circle cx="128" cy="112" r="58" fill="hsl(28 50% 74%)"/>
    <path d="M68 112a60 60 0 0 1 120 0q-22-34-60-34t-60 34z" fill="hsl(${hue} 35% 22%)"/>
  </svg>`
  return sharp(Buffer.from(svg)).png().toBuffer()
}
