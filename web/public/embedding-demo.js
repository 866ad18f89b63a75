// A page that embeds a conversation of Nudge, such as a help desk. This is your side of it: copy what you need.
// The contract of what the two pages say to each other is docs/embedding.md.

// Where Nudge is. In your page that is another origin, 'https://chat.example.com' say, and its ALLOWED_ORIGINS must have
// the origin of your page.
const NUDGE = new URL('.', location.href).href.replace(/\/$/, '')
const NUDGE_ORIGIN = new URL(NUDGE).origin

const find = (id) => document.getElementById(id)

/** `{ id, name, token }` of who is working here. */
let agent
/** The frame, while somebody is. */
let frame

// --- 1. a login, for the frame only

// A real page leaves this to its server, so that it need not know any password of Nudge: the server asks for a login of
// its agent, and hands id and token to the page.
async function logIn(account, password) {
  const answer = await ask('POST', '/v1/users/login', { email: account, password })
  return { id: answer.id, name: answer.name, token: answer.token }
}

// Ends this login, and with it what the frame does. Other logins of the same user go on.
async function logOut() {
  await ask('POST', '/v1/users/logout')
}

async function listGroups() {
  const { entries } = await ask('GET', `/v1/users/${agent.id}/userConversations`)
  return entries
    .filter(({ type, isDelete }) => type === 'group' && !isDelete)
    .map(({ targetId, name }) => ({ id: targetId, name }))
}

async function ask(method, path, body) {
  const headers = { 'Content-Type': 'application/json' }
  if (agent) headers.Authorization = `Bearer ${agent.token}`
  const response = await fetch(NUDGE + path, { method, headers, body: body && JSON.stringify(body) })
  const answer = await response.json()
  if (!response.ok) throw new Error(typeof answer.message === 'string' ? answer.message : answer.code)
  return answer
}

// --- 2. the frame, and what is said to it

function openFrame() {
  frame = document.createElement('iframe')
  frame.title = 'Conversation'
  frame.allow = 'clipboard-write; fullscreen'
  frame.src = `${NUDGE}/groupConversation`
  // Not before: whatever is said while it loads is lost.
  frame.addEventListener('load', () => {
    say('transferUser', { userId: agent.id, token: agent.token, urole: 'agent' })
  })
  find('place').replaceChildren(frame)
}

function say(action, payload) {
  // The token is for Nudge alone. With '*' it would go to whatever page is in the frame.
  frame.contentWindow.postMessage({ action, payload }, NUDGE_ORIGIN)
  note('to the frame', action, { ...payload, ...(payload.token && { token: '…' }) })
}

function selectConversation(group) {
  say('selectConversation', { dlgId: group.id, name: group.name })
  for (const button of find('groups').querySelectorAll('button')) {
    button.setAttribute('aria-pressed', String(button.value === group.id))
  }
}

// --- 3. what the frame says

addEventListener('message', async (event) => {
  // Any page may send messages to this one.
  if (event.source !== frame?.contentWindow || event.origin !== NUDGE_ORIGIN) return
  const { action, payload } = event.data
  note('from the frame', action, payload)
  if (action === 'bindUserSuccess') await showGroups().catch(showProblem)
  // With InvalidToken the login has ended: get another one, and say transferUser again.
  if (action === 'bindUserFailure') showProblem(new Error(`Nudge refused the login: ${payload.code}`))
})

// --- this page itself

find('login').addEventListener('submit', async (event) => {
  event.preventDefault()
  const { account, password } = Object.fromEntries(new FormData(event.target))
  showProblem()
  try {
    agent = await logIn(account, password)
  } catch (error) {
    return showProblem(error)
  }
  event.target.reset()
  find('agent').textContent = `${agent.name} is working here.`
  showDesk(true)
  openFrame()
})

find('logout').addEventListener('click', async () => {
  frame.remove()
  frame = undefined
  await logOut().catch(showProblem)
  agent = undefined
  find('groups').replaceChildren()
  showDesk(false)
})

async function showGroups() {
  const groups = await listGroups()
  find('no-groups').hidden = groups.length > 0
  find('groups').replaceChildren(
    ...groups.map((group) => {
      const button = document.createElement('button')
      button.type = 'button'
      button.value = group.id
      button.textContent = group.name
      button.setAttribute('aria-pressed', 'false')
      button.addEventListener('click', () => selectConversation(group))
      const item = document.createElement('li')
      item.append(button)
      return item
    }),
  )
}

function showDesk(isThere) {
  find('login').hidden = isThere
  find('desk').hidden = !isThere
}

function showProblem(error) {
  find('problem').textContent = error ? error.message : ''
}

function note(direction, action, payload) {
  const item = document.createElement('li')
  item.textContent = `${direction}: ${action} ${payload ? JSON.stringify(payload) : ''}`
  find('log').append(item)
}
