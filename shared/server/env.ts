import { z } from 'zod'

/** The settings are wrong; `message` lists every problem, one a line. The process must refuse to start. */
export class ConfigError extends Error {
  override name = 'ConfigError'
}

/** Reads environment variables with a schema. Empty text counts as unset. Throws ConfigError. */
export function parseEnv<S extends z.ZodType>(schema: S, env: NodeJS.ProcessEnv): z.output<S> {
  const result = schema.safeParse(withoutEmpty(env))
  if (result.success) return result.data
  throw refusal(problemsOf(result.error))
}

/** Checks several schemas at once, so that every problem is listed before anything is opened. Throws ConfigError. */
export function requireValidEnv(env: NodeJS.ProcessEnv, schemas: z.ZodType[]): void {
  const problems = schemas.flatMap((schema) => {
    const result = schema.safeParse(withoutEmpty(env))
    return result.success ? [] : problemsOf(result.error)
  })
  if (problems.length > 0) throw refusal(problems)
}

function withoutEmpty(env: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  return Object.fromEntries(Object.entries(env).filter(([, value]) => value !== ''))
}

function problemsOf(error: z.ZodError): string[] {
  return error.issues.map((issue) => `  ${issue.path.join('.')}: ${issue.message}`)
}

function refusal(problems: string[]): ConfigError {
  return new ConfigError(`The settings do not fit (see .env.example):\n${[...new Set(problems)].join('\n')}`)
}

export const EnvPort = z.coerce.number().int().min(0).max(65535)
export const EnvLogLevel = z.enum(['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent'])
