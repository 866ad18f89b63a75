import { hostname } from 'node:os'
import { z } from 'zod'
import { ConfigError, EnvLogLevel, EnvPort, parseEnv } from '../shared/server/env.js'
import type { Rate } from './pace.js'
import type { PresenceConfig } from './presence.js'

/** Settings of push, from environment variables; each is described in .env.example. */
export const Env = z.object({
  HOST: z.string().default('127.0.0.1'),
  MQTT_PORT: EnvPort.default(1883),
  WS_PORT: EnvPort.default(8083),
  MQTTS_PORT: EnvPort.default(8883),
  WSS_PORT: EnvPort.default(8084),
  TLS_CERT: z.string().optional(),
  TLS_KEY: z.string().optional(),
  PUSH_NODE: z.string().min(1).max(100).optional(),
  RATE_LIMIT: z.enum(['on', 'off']).default('on'),
  API_URL: z.url({ protocol: /^https?$/, error: 'must be an http:// URL' }).default('http://127.0.0.1:8080'),
  DATA_DIR: z.string().default('./data'),
  NODE_ENV: z.string().optional(),
  LOG_LEVEL: EnvLogLevel.optional(),
})

export interface PushConfig {
  host: string
  /** 0 takes any free port. */
  mqttPort: number
  wsPort: number
  /** Null: nothing is encrypted here. */
  tls: TlsConfig | null
  presence: PresenceConfig
  limits: PushLimits
  memberships: MembershipCacheConfig
  /** The rest is for a push that runs apart: where its API is, where the token secret is kept. */
  apiUrl: string
  dataDir: string
  logLevel: string
}

export interface TlsConfig {
  /** Files in PEM; the certificate with its chain. */
  certFile: string
  keyFile: string
  mqttsPort: number
  wssPort: number
}

export interface PushLimits {
  /** Largest MQTT packet (without its fixed header) and WebSocket message a client may send. */
  maxPacketBytes: number
  /** A connection that has sent no CONNECT by then is closed. */
  connectTimeoutMs: number
  /** Frames of one connection that wait for an answer; when there are more, its socket is not read. */
  maxInboxBytes: number
  /** Bytes that wait for one slow reader; when there are more, it is dropped. */
  maxUnsentBytes: number
  /** How long (ms) a reader may take for what was written to it, at most 64 KiB. */
  stallTimeoutMs: number
  /** Frames that clients may publish; faster ones wait. Null: as many as they like. */
  frames: { perConnection: Rate; perUser: Rate } | null
  /** Beyond these the oldest is closed. */
  maxConnectionsPerUser: number
}

export interface MembershipCacheConfig {
  /** Bounds the memory: members of all cached sessions together. */
  maxMembers: number
  /** Announcements keep the cache right; this bounds how long a lost one can matter. */
  maxAgeMs: number
  /** Sessions that are looked up at the same time. */
  maxLookups: number
  /** How long clients are told that a session does not exist without asking again. */
  absentForMs: number
  /** Clients that claim a newer mts have a session looked up anew once in this time, and wait for that. */
  refreshIntervalMs: number
}

/** Reads the settings. Throws ConfigError with every problem. */
export function readPushConfig(env: NodeJS.ProcessEnv): PushConfig {
  const parsed = parseEnv(Env, env)
  return {
    host: parsed.HOST,
    mqttPort: parsed.MQTT_PORT,
    wsPort: parsed.WS_PORT,
    tls: readTlsConfig(parsed),
    presence: { node: parsed.PUSH_NODE ?? hostname().slice(0, 100), goneAfterMs: 5000, everyMs: 1000 },
    limits: {
      maxPacketBytes: 256 * 1024,
      connectTimeoutMs: 10_000,
      maxInboxBytes: 256 * 1024,
      maxUnsentBytes: 1024 * 1024,
      stallTimeoutMs: 30_000,
      frames:
        parsed.RATE_LIMIT === 'on'
          ? { perConnection: { perSecond: 50, burst: 200 }, perUser: { perSecond: 100, burst: 400 } }
          : null,
      maxConnectionsPerUser: 50,
    },
    memberships: {
      maxMembers: 1_000_000,
      maxAgeMs: 60_000,
      maxLookups: 8,
      absentForMs: 1000,
      refreshIntervalMs: 1000,
    },
    apiUrl: parsed.API_URL,
    dataDir: parsed.DATA_DIR,
    logLevel: parsed.LOG_LEVEL ?? (parsed.NODE_ENV === 'production' ? 'info' : 'warn'),
  }
}

function readTlsConfig({ TLS_CERT, TLS_KEY, MQTTS_PORT, WSS_PORT }: z.output<typeof Env>): TlsConfig | null {
  if (TLS_CERT === undefined && TLS_KEY === undefined) return null
  if (TLS_CERT === undefined || TLS_KEY === undefined) {
    throw new ConfigError('TLS_CERT and TLS_KEY go together: set both or none.')
  }
  return { certFile: TLS_CERT, keyFile: TLS_KEY, mqttsPort: MQTTS_PORT, wssPort: WSS_PORT }
}
