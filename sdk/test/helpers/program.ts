import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { ROOT } from './documents.js'

/** How long (ms) to wait for words, on a busy machine. */
const LIMIT_MS = 60_000

/** A program that runs beside the test, in the root folder, until it is stopped. */
export interface Program {
  /** Everything printed so far. */
  output(): string
  /** Resolves when it has printed this, after `from` characters. Rejects when it ends without. */
  says(words: string, from?: number): Promise<void>
  write(line: string): void
  /** Ends its input. */
  finish(): void
  stop(signal?: NodeJS.Signals): void
  /** How it ended. */
  readonly exited: Promise<number | NodeJS.Signals | null>
}

export function startProgram(command: string, args: string[], settings: NodeJS.ProcessEnv = {}): Program {
  const { NODE_OPTIONS: _, ...env } = process.env
  const child = spawn(command, args, { cwd: ROOT, env: { ...env, ...settings }, stdio: 'pipe' })
  let output = ''
  const lookers = new Set<() => void>()
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (text: string) => {
      output += text
      for (const look of lookers) look()
    })
  }
  // What is written to a program that has ended is lost, and no trouble.
  child.stdin.on('error', () => {})
  const exited = once(child, 'close').then(([code, signal]) => code ?? signal)
  return {
    output: () => output,
    says: (words, from = 0) =>
      new Promise((resolve, reject) => {
        const fail = () => reject(new Error(`it did not say ${words}:\n${output}`))
        const timer = setTimeout(fail, LIMIT_MS)
        const look = () => {
          if (!output.slice(from).includes(words)) return
          clearTimeout(timer)
          lookers.delete(look)
          resolve()
        }
        lookers.add(look)
        look()
        void exited.then(fail)
      }),
    write: (line) => child.stdin.write(`${line}\n`),
    finish: () => child.stdin.end(),
    stop: (signal = 'SIGTERM') => void child.kill(signal),
    exited,
  }
}
