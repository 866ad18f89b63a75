import { BaseLink } from './base-link.js'
import { DEADLINES, type Deadlines } from './pulse.js'
import type { Transport } from './transport.js'

/** What is used of mqtt.js's packets. */
export interface MqttJsPacket {
  cmd: string
  returnCode?: number
  payload?: string | Uint8Array
}

/**
 * What is used of mqtt.js's client. Spelled out instead of imported, because mqtt.js's types would bring those of
 * Node.js into the whole SDK.
 */
export interface MqttJsClient {
  on(event: 'packetreceive', listener: (packet: MqttJsPacket) => void): unknown
  on(event: 'close' | 'error', listener: () => void): unknown
  publish(topic: string, payload: string): unknown
  sendPing(): void
  end(force: boolean): unknown
  readonly stream: { destroy(): unknown }
}

/** What is used of mqtt.js's options. */
export interface MqttJsOptions {
  protocolVersion: 4
  clean: boolean
  clientId: string
  username: string
  password: string
  keepalive: number
  reconnectPeriod: number
}

/** mqtt.js's `connect`. */
export type MqttJsConnect = (url: string, options: MqttJsOptions) => MqttJsClient

/** What `mqttTransport` takes besides `connect`. */
export interface MqttTransportOptions {
  /** Instead of 10 s for the answers to CONNECT and to pings, and 5 s for `check`. */
  deadlines?: Partial<Deadlines>
}

/**
 * Connects to push with mqtt.js, for MQTT over TCP and TLS (`mqtt://`, `mqtts://`) and whatever else mqtt.js can. Its
 * other options are the caller's: `mqttTransport((url, options) => connect(url, { ...options, ca }))`.
 */
export function mqttTransport(connect: MqttJsConnect, options: MqttTransportOptions = {}): Transport {
  const deadlines = { ...DEADLINES, ...options.deadlines }
  return (dial, handlers) => {
    const link = new MqttJsLink(dial, handlers, deadlines)
    link.open(connect)
    return link
  }
}

class MqttJsLink extends BaseLink {
  #client: MqttJsClient | undefined

  open(connect: MqttJsConnect): void {
    const { url, clientId, username, password, keepaliveS } = this.dial
    try {
      const client = connect(url, {
        protocolVersion: 4,
        clean: true,
        clientId,
        username,
        password,
        keepalive: keepaliveS,
        reconnectPeriod: 0,
      })
      this.#client = client
      // Its events `connect` and `message` come later, and may change places: what follows CONNACK at once, as the
      // accept frame does, would be told of first.
      client.on('packetreceive', (packet) => this.#take(packet))
      client.on('error', () => this.cut())
      client.on('close', () => this.cut())
    } catch {
      // It throws for a URL without a protocol, for one.
      this.cut()
    }
  }

  publish(topic: string, payload: string): void {
    if (this.isAccepted && !this.handlers.isOver) this.#client?.publish(topic, payload)
  }

  protected ping(): void {
    this.#client?.sendPing()
  }

  protected sayGoodbye(): () => void {
    const client = this.#client
    client?.end(false)
    return () => client?.stream.destroy()
  }

  protected hangUp(): void {
    this.#client?.end(true)
  }

  #take(packet: MqttJsPacket): void {
    if (this.handlers.isOver) return
    this.pulse.beat()
    // Only the first packet is CONNACK. (3.2) mqtt.js ends the connection otherwise, but later.
    if ((packet.cmd === 'connack') === this.isAccepted) {
      this.cut()
      return
    }
    if (packet.cmd === 'connack') {
      if (packet.returnCode === undefined) this.cut()
      else this.takeConnack(packet.returnCode)
    }
    if (packet.cmd === 'pingresp') this.pulse.pong()
    if (packet.cmd === 'publish') this.handlers.onFrame(textOf(packet.payload))
  }
}

function textOf(payload: string | Uint8Array | undefined): string {
  return typeof payload === 'object' ? new TextDecoder().decode(payload) : (payload ?? '')
}
