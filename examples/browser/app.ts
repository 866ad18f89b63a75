import {
  type Conversation,
  createClient,
  file,
  image,
  indexedDbStorage,
  type Message,
  type Session,
} from 'nudge-sdk'

// A chat without a framework: every list is drawn anew whenever it tells that it has changed.
const url = new URLSearchParams(location.search).get('server') ?? `http://${location.hostname}:8080`
const client = createClient({ url, storage: indexedDbStorage() })

// --- logging in and out

const login = find<HTMLFormElement>('#login')
login.onsubmit = (event) => {
  event.preventDefault()
  const form = new FormData(login)
  const account = String(form.get('account'))
  const password = String(form.get('password'))
  const name = String(form.get('name')) || account
  const isNew = (event.submitter as HTMLButtonElement | null)?.value === 'register'
  void attempt(login, async () => {
    if (isNew) await client.register({ account, password, name })
    await client.login({ account, password })
    login.reset()
    enter()
  })
}
find('#logout').onclick = () => void client.logout()
client.on('loggedOut', leave)

function enter(): void {
  login.hidden = true
  find('#chat').hidden = false
  find('#me').textContent = client.me?.name ?? ''
  showState()
  showConversations()
}

function leave(): void {
  close()
  login.hidden = false
  find('#chat').hidden = true
}

client.on('me', () => {
  find('#me').textContent = client.me?.name ?? ''
})
client.on('status', showState)

function showState(): void {
  find('#state').textContent = client.state
  find('#state').dataset.state = client.state
}

// --- conversations

client.conversations.subscribe(showConversations)

function showConversations(): void {
  find('#conversations').replaceChildren(...client.conversations.items.map(conversationLine))
  const title = open?.session.name ?? ''
  find('#title').textContent = title
  document.title = title ? `${title} – Nudge chat` : 'Nudge chat'
  readWhatIsOpen()
}

function conversationLine(conversation: Conversation): HTMLElement {
  const { name, unread, lastMessage, session, activeAt } = conversation
  const line = element(
    'li',
    session && session === open?.session ? 'chosen' : '',
    element('span', 'name', name),
    timeOf(activeAt),
    element('span', 'preview', lastMessage?.preview ?? ''),
    ...(unread > 0 ? [element('span', 'unread', String(unread))] : []),
  )
  line.onclick = () => session && show(session)
  return line
}

const finder = find<HTMLFormElement>('#find')
finder.onsubmit = (event) => {
  event.preventDefault()
  const account = String(new FormData(finder).get('account'))
  void attempt(find('aside'), async () => {
    const [user] = await client.users.search(account)
    if (!user) throw new Error(`Nobody here is ${account}.`)
    finder.reset()
    show(await client.sessions.p2p(user.id))
  })
}

// --- one conversation

let open: { session: Session; unsubscribe(): void } | undefined

function show(session: Session): void {
  if (open?.session === session) return
  close()
  open = { session, unsubscribe: session.messages.subscribe(showMessages) }
  find('#open').hidden = false
  find('#nothing').hidden = true
  void session.messages.open()
  showMessages()
  showConversations()
  find('[name=words]').focus()
}

function close(): void {
  open?.unsubscribe()
  open?.session.messages.close()
  open = undefined
  find('#open').hidden = true
  find('#nothing').hidden = false
}

function showMessages(): void {
  if (!open) return
  const list = find('#messages')
  const { messages } = open.session
  const isAtEnd = list.scrollHeight - list.scrollTop - list.clientHeight < 60
  const fromEnd = list.scrollHeight - list.scrollTop
  list.replaceChildren(...(messages.hasMore ? [olderButton()] : []), ...messages.items.map(messageLine))
  list.scrollTop = isAtEnd ? list.scrollHeight : list.scrollHeight - fromEnd
  readWhatIsOpen()
}

function olderButton(): HTMLElement {
  const button = element('button', 'older quiet', 'Older messages')
  button.onclick = () => void open?.session.messages.loadOlder().catch(() => {})
  return button
}

function messageLine(message: Message): HTMLElement {
  if (message.type === 'system') return element('li', 'message system', message.preview)
  return element(
    'li',
    `message ${message.isOwn ? 'own' : ''} ${message.status}`,
    element('span', 'bubble', bodyOf(message)),
    element('span', 'below', ...statusOf(message)),
  )
}

function bodyOf(message: Message): Node | string {
  const picture = message.as(image)
  const src = picture && client.files.urlOf(picture.src, { thumbnail: true })
  if (src) return Object.assign(element('img'), { src, alt: '' })
  const document = message.as(file)
  const href = document && client.files.urlOf(document.src)
  if (href) return link(document.name, { href, download: document.name })
  return message.preview
}

/** When it was stored, or how far it is. */
function statusOf(message: Message): (Node | string)[] {
  if (message.status === 'storefailed') {
    return [
      `not sent: ${message.error?.message} `,
      link('again', { onclick: () => void message.resend() }),
      ' ',
      link('discard', { onclick: () => void message.cancel() }),
    ]
  }
  if (message.status === 'stored') return [timeOf(message.createdAt)]
  const { progress } = message
  return [
    progress === undefined ? 'sending… ' : `${Math.round(progress * 100)} % `,
    link('cancel', { onclick: () => void message.cancel() }),
  ]
}

/** Read is what somebody can have seen. */
function readWhatIsOpen(): void {
  if (!document.hidden) void open?.session.markRead().catch(() => {})
}
document.addEventListener('visibilitychange', readWhatIsOpen)

// --- writing

/** When push was asked last to pass on that somebody is typing: to whoever is connected, and nothing of it is kept. */
let toldAt = 0

const writer = find<HTMLFormElement>('#write')
writer.onsubmit = (event) => {
  event.preventDefault()
  const words = find<HTMLInputElement>('[name=words]')
  if (words.value.trim() !== '') open?.session.sendText(words.value)
  words.value = ''
  toldAt = 0
}
find('[name=files]').onchange = ({ target }) => {
  const input = target as HTMLInputElement
  for (const chosen of input.files ?? []) open?.session.sendFile(chosen)
  input.value = ''
}

find('[name=words]').oninput = () => {
  if (!open || Date.now() - toldAt < 3000) return
  toldAt = Date.now()
  const { session } = open
  void session.notify({ typing: { sessionId: session.id, name: client.me?.name } }).catch(() => {})
}

let quiet: ReturnType<typeof setTimeout> | undefined
client.on('notification', ({ typing }) => {
  const { sessionId, name } = (typing ?? {}) as { sessionId?: string; name?: string }
  if (sessionId === undefined || sessionId !== open?.session.id || name === client.me?.name) return
  showTyping(`${name} is typing…`)
  clearTimeout(quiet)
  quiet = setTimeout(() => showTyping(''), 4000)
})
client.on('message', ({ isOwn }) => {
  if (!isOwn) showTyping('')
})

function showTyping(words: string): void {
  find('#typing').textContent = words
}

// --- the page

function find<T extends HTMLElement = HTMLElement>(selector: string): T {
  return document.querySelector(selector) as T
}

function element(tag: string, className = '', ...children: (Node | string)[]): HTMLElement {
  const made = document.createElement(tag)
  made.className = className
  made.append(...children)
  return made
}

function link(words: string, properties: Partial<HTMLAnchorElement>): HTMLElement {
  return Object.assign(element('a', '', words), properties)
}

function timeOf(ms: number): HTMLElement {
  const words = new Date(ms).toLocaleTimeString([], { hour: '2-digit', minute: '2-digit' })
  return Object.assign(element('time', '', words), { dateTime: new Date(ms).toISOString() })
}

/** Shows in `where` why it did not work. */
async function attempt(where: HTMLElement, act: () => Promise<void>): Promise<void> {
  const problem = where.querySelector('.problem') as HTMLElement
  problem.textContent = ''
  try {
    await act()
  } catch (error) {
    problem.textContent = (error as Error).message
  }
}

// --- go: what this browser has is shown at once, with or without a connection

if (await client.resume()) enter()
else leave()
