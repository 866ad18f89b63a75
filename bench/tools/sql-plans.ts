import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import type pg from 'pg'

const SETTINGS = ['log_min_duration', 'log_analyze', 'log_buffers']

/**
 * EXPLAIN (ANALYZE, BUFFERS) of every statement that anybody makes while `run` is at it, as PostgreSQL writes them
 * to its own log: with the values that were really given. `dataDir` is where that log is.
 */
export async function plansOf(db: pg.Client, dataDir: string, run: () => Promise<unknown>): Promise<string> {
  const log = () => readFile(join(dataDir, 'postgres.log'), 'utf8')
  const before = (await log()).length
  await change(
    db,
    (name) => `alter system set auto_explain.${name} = ${name === 'log_min_duration' ? 0 : 'on'}`,
  )
  try {
    await run()
  } finally {
    await change(db, (name) => `alter system reset auto_explain.${name}`)
  }
  const said = (await log()).slice(before)
  const plans = said.match(/duration: [\d.]+ ms {2}plan:\n(?:\t.*\n)*/g) ?? []
  return plans.filter((plan) => !/pg_reload_conf|alter system/.test(plan)).join('\n')
}

async function change(db: pg.Client, statement: (name: string) => string): Promise<void> {
  for (const name of SETTINGS) await db.query(statement(name))
  await db.query('select pg_reload_conf()')
  // Every connection hears of it by itself.
  await sleep(300)
}
