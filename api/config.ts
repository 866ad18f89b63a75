import { existsSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { z } from 'zod'
import { ConfigError, EnvLogLevel, EnvPort, parseEnv } from '../shared/server/env.js'
import type { Secrets } from '../shared/server/secrets.js'
import { DevicePolicy } from './apps/device-policy.js'
import { EnvOrigins } from './apps/origins.js'
import type { S3Config } from './attachments/blobs/s3.js'
import type { DatabaseConfig } from './database/open.js'
import { DEFAULT_LIMITS, EnvTrustProxy, type LimitsConfig, type TrustProxy } from './limits/config.js'

/** Settings of the API, from environment variables; each is described in .env.example. */
export const Env = z.object({
  HOST: z.string().default('127.0.0.1'),
  API_PORT: EnvPort.default(8080),
  WS_PORT: EnvPort.default(8083),
  DATA_DIR: z.string().default('./data'),
  DATABASE_URL: z.url({ protocol: /^postgres(ql)?$/, error: 'must be a postgres:// URL' }).optional(),
  DATABASE_POOL: z.coerce.number().int().min(4).max(500).default(20),
  PUSH_URL: z.url({ protocol: /^mqtts?$/, error: 'must be an mqtt:// URL' }).default('mqtt://127.0.0.1:1883'),
  PUBLIC_PUSH_URL: z.string().optional(),
  WEB_DIR: z.string().optional(),
  ALLOWED_ORIGINS: EnvOrigins.default([]),
  GROUP_SIZE_LIMIT: z.coerce.number().int().min(2).max(100_000).default(500),
  DEVICE_POLICY: DevicePolicy.default('many'),
  RECALL_LIMIT_S: z.coerce.number().int().min(1).optional(),
  MAIL_URL: z.url({ protocol: /^smtps?$/, error: 'must be an smtp:// or smtps:// URL' }).optional(),
  MAIL_FROM: z.string().default('Nudge <nudge@localhost>'),
  PUBLIC_URL: z.url({ protocol: /^https?$/, error: 'must be an http:// or https:// URL' }).optional(),
  PASSWORD_COST: z.coerce.number().int().min(10).max(18).default(15),
  INVITE_DAYS: z.coerce.number().int().min(1).max(365).default(7),
  RATE_LIMIT: z.enum(['on', 'off']).default('on'),
  TRUST_PROXY: EnvTrustProxy.default(false),
  REQUEST_TIMEOUT_S: z.coerce.number().int().min(1).max(3600).default(60),
  ANSWER_STALL_S: z.coerce.number().int().min(1).max(3600).default(30),
  MAX_UPLOAD_BYTES: z.coerce
    .number()
    .int()
    .min(1)
    .default(50 * 1024 * 1024),
  UPLOAD_QUOTA_MB: z.coerce.number().int().min(0).max(1_000_000_000).default(2048),
  UPLOAD_STALL_S: z.coerce.number().int().min(1).max(3600).default(30),
  UPLOAD_TYPES: z
    .string()
    .regex(/^\s*[\w.+*/-]+(\s*,\s*[\w.+*/-]+)*\s*$/, 'must be types like image/*,application/pdf')
    .optional(),
  ATTACHMENT_ORPHAN_HOURS: z.coerce.number().int().min(1).default(24),
  S3_BUCKET: z.string().optional(),
  S3_ENDPOINT: z.url({ protocol: /^https?$/, error: 'must be an http:// or https:// URL' }).optional(),
  S3_REGION: z.string().default('us-east-1'),
  S3_PREFIX: z.string().default('attachments/'),
  S3_ACCESS_KEY_ID: z.string().optional(),
  S3_SECRET_ACCESS_KEY: z.string().optional(),
  S3_PATH_STYLE: z.enum(['on', 'off']).default('off'),
  NODE_ENV: z.string().optional(),
  LOG_LEVEL: EnvLogLevel.optional(),
})

export interface ApiConfig {
  host: string
  port: number
  dataDir: string
  /** null: the embedded database in `dataDir`. */
  databaseUrl: string | null
  databasePool: number
  /** Where an API that runs apart from push finds it. */
  pushUrl: string
  /** What the gate tells clients; null: this host, at `wsPort`. */
  publicPushUrl: string | null
  wsPort: number
  /** Folder of the web app's files; null: none is served. */
  webDir: string | null
  /** Whose pages may embed the conversation page, in apps that say nothing else. */
  allowedOrigins: string[]
  /** The app of requests that name none. */
  defaultApp: { key: string; secret: string }
  tokenSecret: string
  logLevel: string
  maxBodyBytes: number
  /** How long a request may take to come in, head and body each; of uploads the head. */
  requestTimeoutMs: number
  /** Whoever takes next to nothing of an answer for so long is cut off. */
  answerStallMs: number
  /** null: nothing is limited. */
  limits: LimitsConfig | null
  /** Whose word is taken for where a request comes from. */
  trustProxy: TrustProxy
  /** Live members a group may have, in apps that say nothing else. */
  groupSizeLimit: number
  /** How apps treat a user's devices that say nothing else. */
  devicePolicy: DevicePolicy
  /** How long senders may change what they said; null: for ever. */
  recallLimitMs: number | null
  mail: MailConfig
  attachments: AttachmentConfig
  /** How long an invitation by e-mail can be accepted. */
  inviteLifetimeMs: number
  /** Of a new password's hash: the binary logarithm of scrypt's N. */
  passwordCost: number
}

export interface AttachmentConfig {
  maxUploadBytes: number
  /** What the files of one user may take together; null: any amount. */
  quotaBytes: number | null
  /** An upload of which next to nothing comes for so long is cut off. */
  stallMs: number
  /** Types like `image/png` or `image/*`; null: everything. */
  allowedTypes: string[] | null
  /** How long an attachment may stay unused. */
  orphanHours: number
  /** null: files below `dataDir`. */
  s3: S3Config | null
}

export interface MailConfig {
  /** The SMTP server; null: mails become files in `folder`. */
  url: string | null
  folder: string
  from: string
  /** Where links in mails lead, without a slash at the end; null: this host, at the API's port. */
  publicUrl: string | null
}

const DAY_MS = 24 * 3600 * 1000

/** The data folder, which is needed to find the secrets. */
export function readDataDir(env: NodeJS.ProcessEnv): string {
  return parseEnv(Env.pick({ DATA_DIR: true }), env).DATA_DIR
}

/** Reads the settings. Throws ConfigError with every problem. */
export function readApiConfig(env: NodeJS.ProcessEnv, secrets: Secrets): ApiConfig {
  const parsed = parseEnv(Env, env)
  return {
    host: parsed.HOST,
    port: parsed.API_PORT,
    dataDir: parsed.DATA_DIR,
    databaseUrl: parsed.DATABASE_URL ?? null,
    databasePool: parsed.DATABASE_POOL,
    pushUrl: parsed.PUSH_URL,
    publicPushUrl: parsed.PUBLIC_PUSH_URL ?? null,
    wsPort: parsed.WS_PORT,
    webDir: parsed.WEB_DIR === 'off' ? null : resolve(parsed.WEB_DIR ?? builtWeb()),
    allowedOrigins: parsed.ALLOWED_ORIGINS,
    defaultApp: { key: secrets.appKey, secret: secrets.appSecret },
    tokenSecret: secrets.tokenSecret,
    logLevel: parsed.LOG_LEVEL ?? (parsed.NODE_ENV === 'production' ? 'info' : 'warn'),
    maxBodyBytes: 256 * 1024,
    requestTimeoutMs: parsed.REQUEST_TIMEOUT_S * 1000,
    answerStallMs: parsed.ANSWER_STALL_S * 1000,
    limits: parsed.RATE_LIMIT === 'on' ? DEFAULT_LIMITS : null,
    trustProxy: parsed.TRUST_PROXY,
    groupSizeLimit: parsed.GROUP_SIZE_LIMIT,
    devicePolicy: parsed.DEVICE_POLICY,
    recallLimitMs: parsed.RECALL_LIMIT_S === undefined ? null : parsed.RECALL_LIMIT_S * 1000,
    mail: {
      url: parsed.MAIL_URL ?? null,
      folder: join(parsed.DATA_DIR, 'outbox'),
      from: parsed.MAIL_FROM,
      publicUrl: parsed.PUBLIC_URL?.replace(/\/+$/, '') ?? null,
    },
    inviteLifetimeMs: parsed.INVITE_DAYS * DAY_MS,
    passwordCost: parsed.PASSWORD_COST,
    attachments: {
      maxUploadBytes: parsed.MAX_UPLOAD_BYTES,
      quotaBytes: parsed.UPLOAD_QUOTA_MB === 0 ? null : parsed.UPLOAD_QUOTA_MB * 1024 * 1024,
      stallMs: parsed.UPLOAD_STALL_S * 1000,
      allowedTypes: parsed.UPLOAD_TYPES?.split(',').map((type) => type.trim().toLowerCase()) ?? null,
      orphanHours: parsed.ATTACHMENT_ORPHAN_HOURS,
      s3: readS3Config(parsed),
    },
  }
}

function readS3Config(parsed: z.output<typeof Env>): S3Config | null {
  const { S3_BUCKET: bucket, S3_ACCESS_KEY_ID: accessKeyId, S3_SECRET_ACCESS_KEY: secretAccessKey } = parsed
  if (bucket === undefined) return null
  if ((accessKeyId === undefined) !== (secretAccessKey === undefined)) {
    throw new ConfigError('S3_ACCESS_KEY_ID and S3_SECRET_ACCESS_KEY go together: set both or none.')
  }
  return {
    bucket,
    endpoint: parsed.S3_ENDPOINT ?? null,
    region: parsed.S3_REGION,
    prefix: parsed.S3_PREFIX,
    credentials: accessKeyId && secretAccessKey ? { accessKeyId, secretAccessKey } : null,
    isPathStyle: parsed.S3_PATH_STYLE === 'on',
  }
}

const STATEMENT_TIMEOUT_MS = 10_000

/** How the pool is opened. Statements and idle transactions are cut off, so that none holds the clock for long. */
export function databaseConfig(config: ApiConfig, url: string): DatabaseConfig {
  return { url, maxConnections: config.databasePool, timeoutMs: STATEMENT_TIMEOUT_MS, isDurable: true }
}

/** The drain's own few connections: what it writes may be lost, and is not waited for. */
export function outboxDatabaseConfig(url: string): DatabaseConfig {
  return { url, maxConnections: 3, timeoutMs: STATEMENT_TIMEOUT_MS, isDurable: false }
}

/** Where `npm run build` puts the web app: seen from the sources, or from dist/. */
function builtWeb(): string {
  const above = join(import.meta.dirname, '..')
  const root = existsSync(join(above, 'package.json')) ? above : join(above, '..')
  return join(root, 'web/dist')
}
