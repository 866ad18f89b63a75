import { createInterface } from 'node:readline'
import { createClient } from 'nudge-sdk'

// A chat for the terminal: node talk.mjs <your name> [<account of whom you talk to>]
const url = process.env.NUDGE_URL ?? 'http://127.0.0.1:8080'
const [name = 'alice', other = 'echo@example.com'] = process.argv.slice(2)
const account = `${name}@example.com`
const password = 'secret'

const client = createClient({ url })
await client.register({ account, password, name }).catch((error) => {
  if (error.code !== 'AlreadyExists') throw error
})
await client.login({ account, password })

const [user] = await client.users.search(other)
if (!user) {
  console.log(`Nobody here is ${other}.`)
  await client.close()
  process.exit(1)
}

const session = await client.sessions.p2p(user.id)
await session.messages.open()
for (const message of session.messages.items.slice(-10)) show(message)

client.on('message', (message) => {
  if (message.sessionId === session.id && !message.isOwn) show(message)
})
client.on('status', ({ state }) => {
  if (state === 'offline') console.log('[offline: what you write is sent later]')
})

console.log(`You are ${account}. What you write goes to ${session.name}; Ctrl-D ends.`)
for await (const line of createInterface({ input: process.stdin })) {
  if (line.trim() === '') continue
  session
    .sendText(line)
    .whenStored()
    .catch((error) => console.log(`[not sent: ${error.message}]`))
}
await client.close()

function show(message) {
  const who = message.isOwn ? name : message.senderId === 'system' ? '*' : session.name
  console.log(`${who}: ${message.preview}`)
}
