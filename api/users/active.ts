import type { RequestHandler } from 'express'
import { AppError } from '../../shared/server/app-error.js'
import type { Context } from '../context.js'
import type { Viewer } from '../http/viewer.js'

/**
 * Refuses logins that have ended, and users whose account was deleted or deactivated. Throws InvalidToken: old clients then log in anew, are
 * told why that fails, and log out. (yun2win.md §3 #2)
 */
export async function requireActive(ctx: Pick<Context, 'accounts'>, viewer: Viewer): Promise<void> {
  if (viewer.isAdmin || (await ctx.accounts.mayAct(viewer))) return
  throw new AppError('InvalidToken', 'this login has ended, or the account was deleted or deactivated')
}

/** The same for every route behind it; `authenticate` comes first. */
export function activeOnly(ctx: Pick<Context, 'accounts'>): RequestHandler {
  return async (_req, res, next) => {
    await requireActive(ctx, res.locals.viewer)
    next()
  }
}
