import { createClient, text } from 'nudge-sdk'
import { fileStorage } from './file-storage.mjs'

// Says back whatever it is told. It keeps its login and its messages in a folder, and goes on there when it is
// started again.
const url = process.env.NUDGE_URL ?? 'http://127.0.0.1:8080'
const account = process.env.BOT_ACCOUNT ?? 'echo@example.com'
const password = process.env.BOT_PASSWORD ?? 'echo'
const folder = process.env.BOT_FOLDER ?? 'data/echo-bot'

const bot = createClient({ url, storage: fileStorage(folder) })

bot.on('status', ({ state }) => console.log(`[${state}]`))
bot.on('error', (error) => console.log(`[${error.code}] ${error.message}`))

// Each message comes once, those that were sent while the bot was away as well.
bot.on('message', (message) => {
  const said = message.as(text)
  if (!said || message.isOwn || message.session?.type !== 'p2p') return
  console.log(`${message.session.name}: ${said.text}`)
  message.session.sendText(said.text)
})

// The server was set up anew, or somebody has changed the password.
bot.on('loggedOut', ({ reason }) => {
  if (reason === 'rejected') enter().catch(giveUp)
})

async function enter() {
  try {
    await bot.register({ account, password, name: 'Echo' })
  } catch (error) {
    // It has been here before.
    if (error.code !== 'AlreadyExists') throw error
  }
  await bot.login({ account, password })
}

function giveUp(error) {
  console.log(`I cannot get in: ${error.message}`)
  process.exit(1)
}

for (const signal of ['SIGINT', 'SIGTERM']) process.once(signal, () => bot.close())

if (!(await bot.resume())) await enter().catch(giveUp)
console.log(`I am ${account}. Talk to me: node examples/echo-bot/talk.mjs alice`)
