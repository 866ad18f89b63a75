import { AppError } from '../../shared/server/app-error.js'
import type { Context } from '../context.js'
import { type AppRow, ensureApp, findAppByKey } from './store.js'

/** The app that a request without a token names by key; the default one when it names none. Throws InvalidClient. */
export async function getAppByKey(ctx: Context, key: string | undefined): Promise<AppRow> {
  const app = await findAppByKey(ctx.db, key ?? ctx.config.defaultApp.key)
  if (!app) throw new AppError('InvalidClient', 'appKey: there is no such app')
  return app
}

/** Makes sure at every start that the default app exists, with the key and secret of the settings. */
export async function ensureDefaultApp(ctx: Pick<Context, 'db' | 'config' | 'now'>): Promise<AppRow> {
  return ensureApp(ctx.db, { ...ctx.config.defaultApp, name: 'default', createdAt: ctx.now() })
}
