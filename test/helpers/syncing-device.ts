import { Agent, request } from 'node:http'
import { connect, type Socket } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import { generate, parser } from 'mqtt-packet'
import { imTokenOf } from './crowd.js'
import { type Frame, type Person, stampOf } from './person.js'

const HTTP_TIMEOUT_MS = 20_000
const RETRY_MS = 100
const PAGE = 200

const agent = new Agent({ keepAlive: true, maxSockets: 128 })

/** A small JSON client for many requests: connections are kept, answers are not checked against OpenAPI. */
export function callJson(
  method: string,
  url: string,
  { token, cursor, json }: { token: string; cursor?: number; json?: unknown },
  // biome-ignore lint/suspicious/noExplicitAny: tests read the answers they expect
): Promise<{ status: number; body: any }> {
  return new Promise((resolve, reject) => {
    const headers: Record<string, string> = { Authorization: `Bearer ${token}` }
    if (cursor !== undefined) headers['Client-Sync-Time'] = String(cursor)
    if (json !== undefined) headers['Content-Type'] = 'application/json'
    const req = request(url, { method, agent, headers, timeout: HTTP_TIMEOUT_MS }, (res) => {
      let text = ''
      res.setEncoding('utf8').on('data', (part) => {
        text += part
      })
      res.on('error', reject)
      res.on('close', () => {
        if (!res.complete) return reject(new Error('the answer was cut off'))
        resolve({ status: res.statusCode ?? 0, body: text === '' ? undefined : JSON.parse(text) })
      })
    })
    req.on('error', reject)
    req.on('timeout', () => req.destroy(new Error(`no answer in ${HTTP_TIMEOUT_MS} ms`)))
    req.end(json === undefined ? undefined : JSON.stringify(json))
  })
}

export interface Entry {
  id: string
  sessionId?: string
  updatedAt: string
}

/** What a device holds of one list. */
export class SyncedList {
  readonly rows = new Map<string, Entry>()
  readonly repeated: string[] = []
  cursor = 0
  #versions = new Set<string>()

  take(entries: Entry[]): void {
    for (const entry of entries) {
      const version = `${entry.id} ${entry.updatedAt}`
      if (this.#versions.has(version)) this.repeated.push(version)
      this.#versions.add(version)
      this.rows.set(entry.id, entry)
      this.cursor = Math.max(this.cursor, stampOf(entry.updatedAt))
    }
  }
}

export interface SyncingOptions {
  mqttPort: number
  /** ms between losing the connection and dialling again. */
  retryMs?: number
  /** Does not pull what the nudge's stamp says it has already. */
  trustsStamps?: boolean
  onFrame?: (frame: Frame) => void
}

/**
 * A client as simple as the contract allows, and as cheap as thousands of them must be. It pulls everything with
 * every connect and what a nudge names with every nudge, from the largest `updatedAt` it has seen, and never
 * otherwise: nothing here asks by the clock. A pull that fails is tried again, and a lost connection too.
 */
export class SyncingDevice {
  readonly lists = new Map<string, SyncedList>()
  /** What must not happen, and did. */
  readonly problems: string[] = []
  /** How often it was accepted by push. */
  connects = 0
  #socket: Socket | undefined
  #isOnline = false
  #retry: NodeJS.Timeout | undefined
  /** Lists being pulled; true: once more after that. */
  #pulling = new Map<string, boolean>()
  readonly #connectPacket: Buffer

  constructor(
    readonly owner: Person,
    private readonly options: SyncingOptions,
  ) {
    this.#connectPacket = generate({
      cmd: 'connect',
      protocolId: 'MQTT',
      protocolVersion: 4,
      clean: true,
      clientId: crypto.randomUUID(),
      keepalive: 300,
      username: owner.id,
      password: Buffer.from(imTokenOf(owner)),
    })
  }

  get isConnected(): boolean {
    return this.#isAccepted
  }

  /** Neither pulls now nor is about to. */
  get isIdle(): boolean {
    return this.#pulling.size === 0
  }

  #isAccepted = false

  online(): void {
    this.#isOnline = true
    this.#dial()
  }

  offline(): void {
    this.#isOnline = false
    clearTimeout(this.#retry)
    this.#socket?.destroy()
  }

  /** Loses the connection, with a goodbye of TCP or by a reset, and dials again. */
  drop(how: 'close' | 'reset'): void {
    if (how === 'reset') this.#socket?.resetAndDestroy()
    else this.#socket?.destroy()
  }

  stopReading(): void {
    this.#socket?.pause()
  }

  readOn(): void {
    this.#socket?.resume()
  }

  publish(topic: string, frame: object): void {
    const payload = JSON.stringify(frame)
    this.#socket?.write(generate({ cmd: 'publish', topic, payload, qos: 0, dup: false, retain: false }))
  }

  #dial(): void {
    const socket = connect({ port: this.options.mqttPort, host: '127.0.0.1', noDelay: true })
    this.#socket = socket
    const packets = parser()
    packets.on('packet', (packet) => {
      if (packet.cmd === 'connack' && packet.returnCode !== 0) this.#refused(packet.returnCode as number)
      if (packet.cmd === 'publish') this.#receive(JSON.parse(packet.payload.toString()))
    })
    packets.on('error', (error) => this.problems.push(`push sent no MQTT: ${error.message}`))
    socket.on('connect', () => socket.write(this.#connectPacket))
    socket.on('data', (data) => packets.parse(data))
    socket.on('error', () => {})
    socket.on('close', () => {
      this.#isAccepted = false
      if (!this.#isOnline || this.#socket !== socket) return
      const { retryMs = RETRY_MS } = this.options
      this.#retry = setTimeout(() => this.#dial(), retryMs * (0.5 + Math.random()))
    })
  }

  #refused(code: number): void {
    // 7: push has only just started and cannot tell yet.
    if (code !== 7) this.problems.push(`refused with CONNACK ${code}`)
  }

  #receive(frame: Frame): void {
    if (frame.returnCode === 11) {
      this.#isAccepted = true
      this.connects += 1
      this.#want(this.conversationsPath)
      for (const path of this.lists.keys()) this.#want(path)
    } else if (frame.returnCode !== undefined && frame.returnCode !== 20) {
      this.problems.push(`told ${JSON.stringify(frame)}`)
    }
    if (frame.cmd === 'sendMessage') {
      for (const { type, sessionId } of frame.message.syncs ?? []) {
        if (type === 0) this.#want(this.conversationsPath, frame.stamp)
        if (type === 1) this.#want(messagesPath(sessionId.split('_')[1]), frame.stamp)
      }
    }
    this.options.onFrame?.(frame)
  }

  get conversationsPath(): string {
    return `users/${this.owner.id}/userConversations`
  }

  #want(path: string, stamp = Number.POSITIVE_INFINITY): void {
    if (this.options.trustsStamps && (this.lists.get(path)?.cursor ?? -1) >= stamp) return
    const isPulling = this.#pulling.has(path)
    this.#pulling.set(path, isPulling)
    if (!isPulling) void this.#pull(path)
  }

  async #pull(path: string): Promise<void> {
    const list = this.lists.get(path) ?? new SyncedList()
    this.lists.set(path, list)
    do {
      this.#pulling.set(path, false)
      while (this.#isOnline && (await this.#pullPage(path, list)));
    } while (this.#isOnline && this.#pulling.get(path))
    this.#pulling.delete(path)
  }

  /** True when there is more to pull. */
  async #pullPage(path: string, list: SyncedList): Promise<boolean> {
    const url = `${this.owner.baseUrl}/v1/${path}?limit=${PAGE}`
    try {
      const { status, body } = await callJson('GET', url, { token: this.owner.token, cursor: list.cursor })
      if (status >= 500) throw new Error(`${status} ${JSON.stringify(body)}`)
      // Removed from the session.
      if (status === 403) return false
      if (status !== 200) {
        this.problems.push(`GET ${path} answered ${status}`)
        return false
      }
      const { entries, total_count }: { entries: Entry[]; total_count: number } = body
      list.take(entries)
      if (path === this.conversationsPath) this.#followSessions(entries)
      return entries.length < total_count
    } catch (error) {
      this.failedPulls.push(String(error))
      await sleep(RETRY_MS)
      return true
    }
  }

  /** Pulls that got no answer. */
  readonly failedPulls: string[] = []

  /** Sessions that are new in the list. */
  #followSessions(entries: Entry[]): void {
    for (const { sessionId } of entries) {
      const path = messagesPath(sessionId as string)
      if (!this.lists.has(path)) this.#want(path)
    }
  }
}

export function messagesPath(sessionId: string): string {
  return `sessions/${sessionId}/messages`
}
