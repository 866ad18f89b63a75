import { z } from 'zod'
import { EnvLogLevel, EnvPort, parseEnv } from '../shared/server/env.js'

/** Settings of push, from environment variables; each is described in .env.example. */
export const Env = z.object({
  HOST: z.string().default('127.0.0.1'),
  MQTT_PORT: EnvPort.default(1883),
  WS_PORT: EnvPort.default(8083),
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
  limits: PushLimits
  memberships: MembershipCacheConfig
  /** The rest is for a push that runs apart: where its API is, where the token secret is kept. */
  apiUrl: string
  dataDir: string
  logLevel: string
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
    limits: {
      maxPacketBytes: 256 * 1024,
      connectTimeoutMs: 10_000,
      maxInboxBytes: 256 * 1024,
      maxUnsentBytes: 1024 * 1024,
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
