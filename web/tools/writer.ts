/** Somebody without a browser, who writes through the REST API. */
export class Writer {
  private constructor(
    private readonly url: string,
    readonly userId: string,
    private readonly token: string,
  ) {}

  static async register(
    url: string,
    { account, password, name }: { account: string; password: string; name: string },
  ): Promise<{ account: string; userId: string }> {
    const json = { email: account, password, name }
    const { id } = await ask<{ id: string }>(`${url}/v1/users/register`, { method: 'POST', json })
    return { account, userId: id }
  }

  static async logIn(url: string, { account }: { account: string }, password: string): Promise<Writer> {
    const { id, token } = await ask<{ id: string; token: string }>(`${url}/v1/users/login`, {
      method: 'POST',
      json: { email: account, password },
    })
    return new Writer(url, id, token)
  }

  /** Any request below `/v1/`. Throws unless it succeeds. */
  readonly ask = <T>(method: 'GET' | 'POST' | 'PUT' | 'DELETE', path: string, json?: object): Promise<T> =>
    ask(`${this.url}/v1/${path}`, { method, json, token: this.token })

  async upload(name: string, type: string, bytes: Uint8Array): Promise<{ id: string; md5: string }> {
    const form = new FormData()
    form.append('file', new Blob([new Uint8Array(bytes)], { type }), name)
    const headers = { Authorization: `Bearer ${this.token}` }
    const answer = await fetch(`${this.url}/v1/attachments`, { method: 'POST', headers, body: form })
    if (!answer.ok) throw new Error(`upload: ${answer.status} ${await answer.text()}`)
    return (await answer.json()) as { id: string; md5: string }
  }

  /** The session with another user. Gives its id. */
  async p2p(userId: string): Promise<string> {
    return (await this.ask<{ id: string }>('GET', `sessions/p2p/${this.userId}/${userId}`)).id
  }

  /** Gives the id of the message. */
  async send(sessionId: string, text: string): Promise<string> {
    const { id } = await this.ask<{ id: string }>('POST', `sessions/${sessionId}/messages`, {
      sender: this.userId,
      type: 'text',
      content: JSON.stringify({ text }),
    })
    return id
  }
}

async function ask<T>(
  url: string,
  { method, json, token }: { method: string; json?: object | undefined; token?: string },
): Promise<T> {
  const answer = await fetch(url, {
    method,
    headers: {
      ...(json && { 'Content-Type': 'application/json' }),
      ...(token !== undefined && { Authorization: `Bearer ${token}` }),
    },
    ...(json && { body: JSON.stringify(json) }),
  })
  if (!answer.ok) throw new Error(`${method} ${url}: ${answer.status} ${await answer.text()}`)
  return (await answer.json()) as T
}
