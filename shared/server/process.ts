import { readFileSync } from 'node:fs'
import { Closers } from './closers.js'
import { ConfigError } from './env.js'

/** How long closing everything may take (ms) before the process gives up and exits with 1. */
const CLOSE_LIMIT_MS = 15_000
/** A Ctrl-C reaches us twice under `npm start`, from the terminal and from npm: the echo (ms) is not a second one. */
const SIGNAL_ECHO_MS = 500
/** How often (ms) a process started by npm looks whether npm is still there. */
const PARENT_CHECK_MS = 250

/**
 * The life of a process: `start` opens things and names their closers; SIGTERM, SIGINT or SIGHUP closes
 * them, last opened first, and exits with 0. A second SIGTERM or SIGINT exits at once with 130. A failing start
 * closes what it had opened and exits with 1, as does an error that nobody caught. Lines about all this go to
 * stderr.
 */
export function runProcess(
  name: string,
  start: (closers: Closers) => Promise<unknown>,
  { closeLimitMs = CLOSE_LIMIT_MS }: { closeLimitMs?: number } = {},
): void {
  const closers = new Closers()
  let exitCode = 0
  let stoppingSince: number | undefined

  const say = (line: string) => process.stderr.write(`${name}: ${line}\n`)

  const fail = (error: unknown) => {
    exitCode = 1
    say(error instanceof ConfigError ? error.message : describe(error))
  }

  /** Waits for a start under way first: what it opens has to be closed too. */
  const stop = async () => {
    if (stoppingSince !== undefined) return
    stoppingSince = Date.now()
    setTimeout(() => {
      say(`still not closed after ${closeLimitMs / 1000} s, giving up`)
      process.exit(1)
    }, closeLimitMs)
    await started
    try {
      await closers.close()
    } catch (error) {
      fail(error)
    }
    process.exit(exitCode)
  }

  const onSignal = () => {
    if (stoppingSince !== undefined && Date.now() - stoppingSince > SIGNAL_ECHO_MS) process.exit(130)
    void stop()
  }
  process.on('SIGTERM', onSignal)
  process.on('SIGINT', onSignal)
  // The terminal was closed. It may tell us more than once, and nobody is impatient.
  process.on('SIGHUP', () => void stop())
  for (const event of ['uncaughtException', 'unhandledRejection'] as const) {
    process.on(event, (error: unknown) => {
      fail(error)
      void stop()
    })
  }
  // Whoever read our output is gone (`npm start | head`): that is no reason to stop serving.
  for (const stream of [process.stdout, process.stderr]) stream.on('error', () => {})
  whenNpmIsGone(() => void stop())

  const started = Promise.resolve()
    .then(() => start(closers))
    .catch((error) => {
      fail(error)
      void stop()
    })
}

/**
 * npm passes signals on to the shell that it runs us in, and some shells (dash) die of them without telling us;
 * of kill -9 npm tells nobody. Either way nobody could stop us any more, so we stop too.
 */
function whenNpmIsGone(stop: () => void): void {
  const isOurs = ['start', 'api', 'push'].includes(process.env.npm_lifecycle_event ?? '')
  if (!isOurs || process.platform === 'win32') return
  const atStart = whoRunsUs()
  const timer = setInterval(() => {
    if (whoRunsUs() === atStart) return
    clearInterval(timer)
    stop()
  }, PARENT_CHECK_MS)
  timer.unref()
}

/** Our parent, and when that is the shell that stays between npm and us, its parent too. */
function whoRunsUs(): string {
  const parent = process.ppid
  try {
    const [, name, grandparent] =
      /\((.*)\) \S+ (\d+)/.exec(readFileSync(`/proc/${parent}/stat`, 'utf8')) ?? []
    if (name === 'sh' || name === 'dash') return `${parent} ${grandparent}`
  } catch {
    // No /proc here: the shells there hand their process over to us.
  }
  return String(parent)
}

function describe(error: unknown): string {
  return error instanceof Error ? (error.stack ?? error.message) : String(error)
}
