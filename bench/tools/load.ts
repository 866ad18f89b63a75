import { fork } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { ROOT } from './processes.js'

/** What a module in `bench/loads` exports: things that a parent can ask of it, each with one argument. */
type Module = Record<string, (argument: never) => Promise<unknown>>

export interface Load<M extends Module> {
  pid: number
  /** Gives what the function gave, and what share of a core the generator took meanwhile: near 1 it was too slow. */
  ask<N extends keyof M & string>(
    name: N,
    argument: Parameters<M[N]>[0],
  ): Promise<{ value: Awaited<ReturnType<M[N]>>; busy: number }>
  stop(): Promise<void>
}

/** What goes between the two. */
export type Question = { id: number; name: string; argument: unknown }
export type Reply = { id: number; value?: unknown; error?: string; busy: number }

/** Runs `bench/loads/NAME.ts` in a process of its own, so that it takes no time from what is measured. */
export async function startLoad<M extends Module>(name: string): Promise<Load<M>> {
  const child = fork(join(ROOT, 'bench', 'tools', 'load-process.ts'), [name], {
    execArgv: ['--import', 'tsx'],
    serialization: 'advanced',
  })
  const waiting = new Map<number, (reply: Reply) => void>()
  child.on('message', (reply: Reply | 'ready') => {
    if (reply !== 'ready') waiting.get(reply.id)?.(reply)
  })
  child.on('exit', () => {
    for (const [id, take] of waiting) take({ id, error: `the load ${name} ended`, busy: 0 })
  })
  await once(child, 'message')
  let last = 0
  return {
    pid: child.pid as number,
    ask(function_, argument) {
      return new Promise((resolve, reject) => {
        const id = ++last
        waiting.set(id, ({ value, error, busy }) => {
          waiting.delete(id)
          if (error === undefined) resolve({ value: value as never, busy })
          else reject(new Error(error))
        })
        child.send({ id, name: function_, argument } satisfies Question)
      })
    },
    async stop() {
      if (child.exitCode !== null || child.signalCode !== null) return
      const gone = once(child, 'exit')
      child.kill()
      await gone
    },
  }
}
