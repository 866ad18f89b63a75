import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { connect } from 'node:net'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'

export const ROOT = join(import.meta.dirname, '..', '..')

export interface Running {
  pid: number
  stop(): Promise<void>
}

/** Starts a program, resolves when `isReady`, and rejects with the end of what it said when it ends before. */
export async function start(
  command: string,
  args: string[],
  { env, isReady }: { env?: Record<string, string>; isReady: () => Promise<boolean> },
): Promise<Running> {
  const child = spawn(command, args, {
    cwd: ROOT,
    env: { ...process.env, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  // Whoever interrupts a benchmark does not want to look for what it has started.
  const kill = () => child.kill('SIGKILL')
  process.on('exit', kill)
  child.once('exit', () => process.off('exit', kill))
  let said = ''
  const listen = (text: Buffer) => {
    said = (said + text).slice(-2000)
  }
  child.stdout.on('data', listen)
  child.stderr.on('data', listen)
  let failure: Error | undefined
  child.once('error', (error) => {
    failure = error
  })
  for (const deadline = Date.now() + 60_000; !(await isReady()); await sleep(50)) {
    const isGone = child.exitCode !== null || child.signalCode !== null
    if (!failure && !isGone && Date.now() < deadline) continue
    await end(child)
    throw failure ?? new Error(`${command} ${args.join(' ')} did not come up:\n${said}`)
  }
  return { pid: child.pid as number, stop: () => end(child) }
}

async function end(child: ChildProcess): Promise<void> {
  if (child.pid === undefined || child.exitCode !== null || child.signalCode !== null) return
  const closed = once(child, 'exit')
  child.kill()
  const impatience = setTimeout(() => child.kill('SIGKILL'), 10_000)
  await closed
  clearTimeout(impatience)
}

/** Whether somebody listens on a port of 127.0.0.1. */
export async function accepts(port: number): Promise<boolean> {
  const socket = connect(port, '127.0.0.1')
  try {
    await once(socket, 'connect')
    return true
  } catch {
    return false
  } finally {
    socket.destroy()
  }
}
