import { connect, type Socket } from 'node:net'

export interface XmppOptions {
  port: number
  user: string
  password: string
  /** Called for each stanza that answers no `ask`. */
  onStanza?(stanza: string): void
}

const HEADER =
  "<stream:stream to='localhost' version='1.0' xmlns='jabber:client' xmlns:stream='http://etherx.jabber.org/streams'>"

/**
 * A client of XMPP in as few instructions as can be: over TCP without TLS, the password as it is. It cuts the stream
 * into stanzas and looks into none, and knows only what ejabberd writes: ASCII, and no `>` but at the ends of tags.
 */
export class XmppClient {
  /** Resolves when there is a session that messages can be routed to. */
  readonly ready: Promise<void>
  readonly #socket: Socket
  readonly #asked = new Map<string, (stanza: string) => void>()
  #take: (stanza: string) => void = () => {}
  #rest = ''
  #lastId = 0

  constructor({ port, user, password, onStanza }: XmppOptions) {
    this.#socket = connect({ port, host: '127.0.0.1', noDelay: true })
    this.#socket.on('data', (data) => this.#read(data.toString('latin1')))
    this.ready = new Promise((resolve, reject) => {
      this.#socket.on('error', reject)
      this.#socket.on('close', () => reject(new Error(`${user}: the connection was closed`)))
      this.#logIn(user, password).then(resolve, reject)
    }).then(() => {
      this.#take = (stanza) => this.#dispatch(stanza, onStanza)
      this.send('<presence/>')
    })
  }

  send(stanza: string): void {
    this.#socket.write(stanza)
  }

  /** An `<iq>` of type set; throws what the server refuses. */
  async ask(content: string, to = ''): Promise<string> {
    this.#lastId += 1
    const id = `ask${this.#lastId}`
    const answer = new Promise<string>((resolve) => this.#asked.set(id, resolve))
    this.send(`<iq type='set' id='${id}'${to && ` to='${to}'`}>${content}</iq>`)
    const stanza = await answer
    if (/^<iq [^>]*type='error'/.test(stanza)) throw new Error(stanza)
    return stanza
  }

  close(): void {
    this.#socket.removeAllListeners().on('error', () => {})
    this.#socket.destroy()
  }

  async #logIn(user: string, password: string): Promise<void> {
    const next = () =>
      new Promise<string>((resolve) => {
        this.#take = resolve
      })
    this.send(HEADER)
    await next()
    const plain = Buffer.from(`\0${user}\0${password}`).toString('base64')
    this.send(`<auth xmlns='urn:ietf:params:xml:ns:xmpp-sasl' mechanism='PLAIN'>${plain}</auth>`)
    const answer = await next()
    if (!answer.startsWith('<success')) throw new Error(`${user}: ${answer}`)
    this.send(HEADER)
    await next()
    this.send("<iq type='set' id='bind'><bind xmlns='urn:ietf:params:xml:ns:xmpp-bind'/></iq>")
    await next()
  }

  #dispatch(stanza: string, onStanza: XmppOptions['onStanza']): void {
    if (stanza.startsWith('<iq')) {
      const id = / id='([^']*)'/.exec(stanza.slice(0, stanza.indexOf('>')))?.[1] ?? ''
      const settle = this.#asked.get(id)
      if (settle) {
        this.#asked.delete(id)
        settle(stanza)
        return
      }
    }
    onStanza?.(stanza)
  }

  /** Hands on the stanzas that are complete. Headers of streams, which have no end, stand for nothing. */
  #read(text: string): void {
    const xml = this.#rest + text
    let [from, depth, at] = [0, 0, 0]
    for (;;) {
      const open = xml.indexOf('<', at)
      const close = xml.indexOf('>', open + 1)
      if (open < 0 || close < 0) break
      at = close + 1
      if (xml.startsWith('<?', open) || xml.startsWith('<stream:stream', open)) {
        from = at
        continue
      }
      if (xml[open + 1] === '/') depth -= 1
      else if (xml[close - 1] !== '/') depth += 1
      if (depth <= 0) {
        this.#take(xml.slice(from, at))
        ;[from, depth] = [at, 0]
      }
    }
    this.#rest = xml.slice(from)
  }
}
