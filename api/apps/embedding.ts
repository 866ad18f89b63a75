import type { Context } from '../context.js'
import { getAppByKey } from './apps.js'
import { isOrigin } from './origins.js'

/**
 * Whose pages may embed the conversation page of the app with this key; of the default app when it is absent or empty.
 * Throws InvalidClient.
 */
export async function getAllowedOrigins(ctx: Context, appKey: string | undefined): Promise<string[]> {
  const app = await getAppByKey(ctx, appKey || undefined)
  const origins = app.allowed_origins ?? ctx.config.allowedOrigins
  // Whoever wrote them into the table believes that they work.
  const odd = origins.filter((origin) => !isOrigin(origin))
  if (odd.length > 0) ctx.log.warn({ app: app.key, odd }, 'allowed_origins has what is no origin')
  return origins.filter(isOrigin)
}
