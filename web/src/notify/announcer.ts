import type { Client, Conversation, Message } from 'nudge-sdk'
import { type Language, LOCALES } from '../i18n/language'
import { defineTexts } from '../i18n/texts'
import { nameOf } from '../people/name-of'
import { strangersOf } from '../people/strangers'
import { paths } from '../places/places'
import { ownAddress } from '../platform/foreign-host'
import { conversationName } from '../words/conversation-name'
import { wordsOf } from '../words/words'
import type { Attention } from './attention'
import { chime } from './chime'
import { showOnDesktop, takeOffDesktop } from './desktop'
import { desktopChoice, soundChoice } from './preferences'

const texts = defineTexts({
  en: {
    many: (messages: number, conversations: number) =>
      conversations === 1
        ? `${messages} new messages`
        : `${messages} new messages in ${conversations} conversations`,
    from: (sender: string, words: string) => `${sender}: ${words}`,
  },
  zh: {
    many: (messages: number, conversations: number) =>
      conversations === 1 ? `${messages} 条新消息` : `${conversations} 个会话中有 ${messages} 条新消息`,
    from: (sender: string, words: string) => `${sender}：${words}`,
  },
})

/** The tag of the one that stands for many. */
const SUMMARY = 'nudge'
/** How long (ms) to wait for the rest of what is being caught up. */
const CATCH_UP_MS = 5000
/** How long (ms) each thing that a notice says besides its message may take to come. */
const DETAIL_MS = 2000

/** Tells of messages that the user does not see come. What is caught up after an absence is told of in one go. */
export class Announcer {
  language: Language = 'en'
  readonly #offs: (() => void)[]
  #waiting: Message[] = []
  #read = new Set<string>()
  #timer: ReturnType<typeof setTimeout> | undefined
  #isClosed = false

  constructor(
    private readonly client: Client,
    private readonly attention: Attention,
  ) {
    this.#offs = [
      client.on('message', (message) => this.#came(message)),
      client.on('status', ({ state }) => {
        if (state === 'live') this.#flush()
      }),
      client.on('conversation', ({ sessionId, unread }) => {
        if (unread === 0) this.#read.add(sessionId)
      }),
      client.conversations.subscribe(() => this.#takeOffRead()),
    ]
  }

  /** What it has told of is taken away: whoever comes next need not know. */
  close(): void {
    this.#isClosed = true
    for (const off of this.#offs) off()
    clearTimeout(this.#timer)
    void takeOffDesktop(() => true)
  }

  #came(message: Message): void {
    if (message.isOwn || message.isDeleted || message.type === 'system') return
    this.#waiting.push(message)
    if (this.client.state === 'live') this.#flush()
    else this.#timer ??= setTimeout(() => this.#flush(), CATCH_UP_MS)
  }

  #takeOffRead(): void {
    const read = this.#read
    if (read.size === 0) return
    this.#read = new Set()
    if (this.client.conversations.items.every(({ unread }) => unread === 0)) read.add(SUMMARY)
    void takeOffDesktop((tag) => read.has(tag))
  }

  #flush(): void {
    clearTimeout(this.#timer)
    this.#timer = undefined
    const messages = this.#waiting
    this.#waiting = []
    if (messages.length > 0) void this.#tell(messages)
  }

  async #tell(messages: Message[]): Promise<void> {
    const { isAnyVisible, isReading } = await this.attention.look()
    const unseen = messages.filter(({ sessionId }) => !isReading(sessionId))
    const newest = unseen.at(-1)
    if (!newest?.id || this.#isClosed) return
    // A tab that can be seen tells of it, in place of those that cannot.
    if (document.hidden && isAnyVisible) return
    if (!(await this.attention.claim(newest.id))) return
    if (soundChoice.get()) chime.play()
    if (!document.hidden || !desktopChoice.get()) return
    const conversations = new Set(unseen.map(({ sessionId }) => sessionId)).size
    if (conversations === 1) await this.#showOne(newest, unseen.length)
    else this.#showMany(unseen.length, conversations)
  }

  async #showOne(message: Message, count: number): Promise<void> {
    const { sessionId } = message
    const conversation = await this.#conversationOf(sessionId)
    const t = texts[this.language]
    let body =
      count > 1 ? t.many(count, 1) : wordsOf(message, { language: this.language, me: this.client.me })
    if (count === 1 && conversation?.type === 'group') {
      const sender = await this.#nameOf(message)
      if (sender !== undefined) body = t.from(sender, body)
    }
    if (this.#isClosed || !document.hidden || this.#isRead(message)) return
    showOnDesktop({
      title: conversation ? conversationName(this.client, conversation, this.language) : 'Nudge',
      body,
      // No server of others is asked for it: that would tell who is told of what.
      icon: ownAddress(this.client.files, conversation?.avatarUrl ?? ''),
      lang: LOCALES[this.language],
      tag: sessionId,
      path: paths.chat(sessionId),
    })
  }

  #showMany(messages: number, conversations: number): void {
    const body = texts[this.language].many(messages, conversations)
    const lang = LOCALES[this.language]
    showOnDesktop({ title: 'Nudge', body, icon: undefined, lang, tag: SUMMARY, path: paths.chats })
  }

  /** The first message of a new conversation may come before it. */
  async #conversationOf(sessionId: string): Promise<Conversation | undefined> {
    const find = () => this.#find(sessionId)
    if (!find()) await soon(this.client.conversations.until(() => find() !== undefined))
    return find()
  }

  #find(sessionId: string): Conversation | undefined {
    return this.client.conversations.find((each) => each.sessionId === sessionId)
  }

  /** A conversation that is older than the message does not know of it yet. */
  #isRead({ sessionId, createdAt }: Message): boolean {
    const conversation = this.#find(sessionId)
    return conversation?.unread === 0 && conversation.activeAt >= createdAt
  }

  async #nameOf({ senderId, session }: Message): Promise<string | undefined> {
    const find = () => nameOf(this.client, senderId, session)
    if (find() === undefined) await soon(strangersOf(this.client).fetch(senderId))
    return find()
  }
}

/** Resolves when that is done, or takes too long. */
async function soon(done: Promise<unknown>): Promise<void> {
  await Promise.race([done, new Promise((resolve) => setTimeout(resolve, DETAIL_MS))])
}
