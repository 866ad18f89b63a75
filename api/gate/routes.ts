import { Router } from 'express'
import { GateObject } from '../../shared/wire/objects.js'
import type { Context } from '../context.js'
import { route } from '../http/route.js'

/** Tells clients where push is. (yun2win.md §2.1) */
export function gateRoutes(ctx: Context): Router {
  const router = Router()
  router.post(
    '/gateHandler',
    route({ summary: 'Where push is', answer: GateObject, run: async ({ req }) => gate(ctx, req.hostname) }),
  )
  return router
}

/**
 * Old clients build `mqtt://<url>:80` from this and connect with `ws://`; the `#` makes their `:80` a
 * fragment, so that another port works.
 */
function gate(ctx: Context, hostname: string): GateObject {
  const { publicPushUrl, wsPort } = ctx.config
  return { data: { region: 'local', url: publicPushUrl ?? `${hostname}:${wsPort}/mqtt#` } }
}
