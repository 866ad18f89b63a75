import type { Context } from '../context.js'
import type { Change } from './announce.js'

/** How long (ms) an answer waits for push. */
const LIMIT_MS = 1000

/**
 * Tells push of a change before its maker is answered: nobody is to hear of a session after the answer to his
 * removal. The outbox holds the change as well, so it matters little when push is away or slow.
 */
export async function tellNow(ctx: Pick<Context, 'announce' | 'log'>, change: Change): Promise<void> {
  let timer: NodeJS.Timeout | undefined
  const over = new Promise<void>((resolve) => {
    timer = setTimeout(resolve, LIMIT_MS)
  })
  // Without anything to look at: clients hear of it by the outbox.
  const told = ctx.announce({ ...change, stamp: change.mts ?? 0, syncs: [] }).catch((error) => {
    ctx.log.debug({ err: error, topic: change.topic }, 'push could not be told at once')
  })
  await Promise.race([told, over])
  clearTimeout(timer)
}
