import { randomBytes } from 'node:crypto'
import { join } from 'node:path'
import { z } from 'zod'
import { createOnce } from './create-once.js'
import { openDataDir, unusable } from './data-dir.js'
import { ConfigError, parseEnv } from './env.js'

export interface Secrets {
  /** Signs every JWT; api and push must hold the same one. */
  tokenSecret: string
  /** Key and secret of the default application. */
  appKey: string
  appSecret: string
}

export const SecretsEnv = z
  .object({
    NODE_ENV: z.string().optional(),
    TOKEN_SECRET: z.string().min(32, 'needs at least 32 characters').optional(),
    APP_KEY: z.string().optional(),
    // Every login reveals md5(secret + date): a short one could be guessed offline.
    APP_SECRET: z.string().min(32, 'needs at least 32 characters').optional(),
  })
  .refine((env) => env.NODE_ENV !== 'production' || env.TOKEN_SECRET !== undefined, {
    path: ['TOKEN_SECRET'],
    message: 'must be set when NODE_ENV=production (for example: openssl rand -base64 48)',
  })

const SecretsFile = z.object({
  tokenSecret: z.string().min(32),
  appKey: z.string().min(1),
  appSecret: z.string().min(1),
})

/**
 * TOKEN_SECRET, APP_KEY and APP_SECRET; those that are unset are generated once and kept in
 * `<dataDir>/secrets.json` (mode 0600). Nothing is read or written there when all three are set.
 * Throws ConfigError.
 */
export async function loadSecrets(dataDir: string, env: NodeJS.ProcessEnv): Promise<Secrets> {
  const { TOKEN_SECRET: tokenSecret, APP_KEY: appKey, APP_SECRET: appSecret } = parseEnv(SecretsEnv, env)
  if (tokenSecret && appKey && appSecret) return { tokenSecret, appKey, appSecret }
  const kept = await readKept(dataDir)
  return {
    tokenSecret: tokenSecret ?? kept.tokenSecret,
    appKey: appKey ?? kept.appKey,
    appSecret: appSecret ?? kept.appSecret,
  }
}

/** The token secret alone, for a process that serves no application (push). Needs no disk when it is set. */
export async function loadTokenSecret(dataDir: string, env: NodeJS.ProcessEnv): Promise<string> {
  return parseEnv(SecretsEnv, env).TOKEN_SECRET ?? (await readKept(dataDir)).tokenSecret
}

async function readKept(dataDir: string): Promise<Secrets> {
  const folder = await openDataDir(dataDir)
  const path = join(folder, 'secrets.json')
  const text = await createOnce(path, generate).catch(async (error) => {
    if (error.path === path && error.code === 'EACCES') {
      throw new ConfigError(`${path} cannot be read: it belongs to another user. Start Nudge as that user.`)
    }
    throw await unusable(folder, error)
  })
  try {
    return SecretsFile.parse(JSON.parse(text))
  } catch {
    // Not replaced by new secrets: that would sign everybody out and orphan the application's key.
    throw new ConfigError(
      `${path} is damaged. Restore it from a backup, or delete it to have new secrets made ` +
        '(every signed-in user has to sign in again and the default app gets a new key).',
    )
  }
}

function generate(): string {
  const secrets: Secrets = {
    tokenSecret: randomBytes(32).toString('base64url'),
    appKey: randomBytes(12).toString('hex'),
    appSecret: randomBytes(32).toString('base64url'),
  }
  return `${JSON.stringify(secrets, null, 2)}\n`
}
