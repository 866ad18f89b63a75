import { Arrivals, type Outcome } from '../tools/arrivals.js'
import { XmppClient } from '../tools/xmpp.js'

export interface Room {
  name: string
  /** All members; those who are online come first, and the first is the owner. */
  members: string[]
  online: number
}

export interface Place {
  /** Who sends to whom, in turns; or everybody in the room, in turns. */
  to: 'pairs' | 'group'
  rate: number
  seconds: number
}

const arrivals = new Arrivals()
let pairs: { sender: XmppClient; receiver: string }[] = []
const occupants: XmppClient[] = []
let roomAddress = ''

/** Connects everybody and fills the room. */
export async function open(at: {
  port: number
  password: string
  pairs: [string, string][]
  room: Room
}): Promise<void> {
  const connect = async (user: string, onStanza = take) => {
    const client = new XmppClient({ port: at.port, user, password: at.password, onStanza })
    await client.ready
    return client
  }
  pairs = await Promise.all(
    at.pairs.map(async ([from, to]) => {
      const [sender] = await Promise.all([connect(from), connect(to)])
      return { sender, receiver: `${to}@localhost` }
    }),
  )

  const { name, members, online } = at.room
  roomAddress = `${name}@conference.localhost`
  for (const [n, user] of members.slice(0, online).entries()) {
    let entered = () => {}
    const isIn = new Promise<void>((resolve) => {
      entered = resolve
    })
    const client = await connect(user, (stanza) => {
      // Status 110: this presence is one's own.
      if (stanza.startsWith('<presence') && stanza.includes("code='110'")) entered()
      else take(stanza)
    })
    client.send(
      `<presence to='${roomAddress}/${user}'><x xmlns='http://jabber.org/protocol/muc'/></presence>`,
    )
    await isIn
    occupants.push(client)
    if (n === 0) await furnish(client, members)
  }
}

/** A room as a group is: it stays, is open to its members only, and what is said in it is archived. */
async function furnish(owner: XmppClient, members: string[]): Promise<void> {
  const config = {
    FORM_TYPE: 'http://jabber.org/protocol/muc#roomconfig',
    'muc#roomconfig_persistentroom': '1',
    'muc#roomconfig_membersonly': '1',
    mam: '1',
  }
  const fields = Object.entries(config).map(
    ([name, value]) => `<field var='${name}'><value>${value}</value></field>`,
  )
  await owner.ask(
    `<query xmlns='http://jabber.org/protocol/muc#owner'><x xmlns='jabber:x:data' type='submit'>${fields.join('')}</x></query>`,
    roomAddress,
  )
  const items = members.slice(1).map((user) => `<item affiliation='member' jid='${user}@localhost'/>`)
  await owner.ask(
    `<query xmlns='http://jabber.org/protocol/muc#admin'>${items.join('')}</query>`,
    roomAddress,
  )
}

/** A message has arrived when its stanza is here whole. */
function take(stanza: string): void {
  const id = /<body>(\d+) /.exec(stanza)?.[1]
  if (id !== undefined) arrivals.arrived(Number(id))
}

export function send({ to, rate, seconds }: Place): Promise<Outcome> {
  const copies = to === 'group' ? occupants.length : 1
  return arrivals.run({ rate, seconds, copies }, async (id) => {
    const body = `<body>${id} are you there?</body>`
    if (to === 'group') {
      occupants[id % occupants.length]?.send(
        `<message to='${roomAddress}' type='groupchat' id='m${id}'>${body}</message>`,
      )
    } else {
      const pair = pairs[id % pairs.length]
      pair?.sender.send(`<message to='${pair.receiver}' type='chat' id='m${id}'>${body}</message>`)
    }
  })
}
