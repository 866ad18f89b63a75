import type { KyselyPlugin, QueryId } from 'kysely'
import type { TestEnv } from './test-env.js'

/**
 * Calls `after` when a query of a rule has its result and the rule does not have it yet: what happens in it happens
 * between two queries. `text` is the query as Kysely holds it (JSON), good for looking for names. Ends with what is
 * given back.
 */
export function hookQueries(env: TestEnv, after: (text: string) => unknown): () => void {
  const { context } = env.api
  const { db } = context
  const texts = new WeakMap<QueryId, string>()
  const plugin: KyselyPlugin = {
    transformQuery({ node, queryId }) {
      texts.set(
        queryId,
        JSON.stringify(node, (_key, value) => (typeof value === 'bigint' ? `${value}` : value)),
      )
      return node
    },
    async transformResult({ result, queryId }) {
      await after(texts.get(queryId) ?? '')
      return result
    },
  }
  context.db = db.withPlugin(plugin)
  return () => {
    context.db = db
  }
}

/** Runs `run`, and `what` once right after its first query that `fits`. */
export async function between<T>(
  env: TestEnv,
  fits: (text: string) => boolean,
  what: () => Promise<unknown>,
  run: () => Promise<T>,
): Promise<T> {
  let isDone = false
  const end = hookQueries(env, async (text) => {
    if (isDone || !fits(text)) return
    isDone = true
    await what()
  })
  try {
    const result = await run()
    if (!isDone) throw new Error('no query fitted')
    return result
  } finally {
    end()
  }
}
