import { execFileSync } from 'node:child_process'
import { readFileSync } from 'node:fs'

/** Clock ticks a second, as /proc counts them. */
const TICKS = Number(execFileSync('getconf', ['CLK_TCK']).toString())

/** CPU seconds of a process so far; those of children that have ended count only when it waited for them. */
export function cpuOf(pid: number): number {
  // The name, in brackets, may hold anything.
  const fields = readFileSync(`/proc/${pid}/stat`, 'utf8')
    .replace(/^.*\) /s, '')
    .split(' ')
  return sum(fields.slice(11, 15)) / TICKS
}

/** CPU seconds that the whole machine has worked so far, for whatever process. */
export function machineCpu(): number {
  const [, user, nice, system, , , interrupts, softInterrupts] = readFileSync('/proc/stat', 'utf8').split(
    /\s+/,
  )
  return sum([user, nice, system, interrupts, softInterrupts]) / TICKS
}

const sum = (numbers: unknown[]): number => numbers.reduce<number>((total, each) => total + Number(each), 0)

/** Resident memory (bytes) of a process. */
export function memoryOf(pid: number): number {
  return Number(/^VmRSS:\s+(\d+)/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]) * 1024
}

/** A process, its children and theirs: PostgreSQL has one for each connection. */
export function familyOf(pid: number): number[] {
  const pairs = execFileSync('ps', ['-eo', 'pid=,ppid=']).toString().trim().split('\n')
  const parents = new Map(pairs.map((line) => line.trim().split(/\s+/).map(Number) as [number, number]))
  const isOf = (one: number | undefined): boolean => one === pid || (!!one && isOf(parents.get(one)))
  return [...parents.keys()].filter(isOf)
}

/** Says, when called, how much of a core these processes and their children took since `watch`. */
export function watchCpu(pids: Record<string, number>): () => Record<string, number> {
  const total = (pid: number) =>
    familyOf(pid).reduce((sum, each) => {
      try {
        return sum + cpuOf(each)
      } catch {
        return sum
      }
    }, 0)
  const sums = () => Object.fromEntries(Object.entries(pids).map(([name, pid]) => [name, total(pid)]))
  const [before, beganAt] = [sums(), performance.now()]
  return () => {
    const [after, seconds] = [sums(), (performance.now() - beganAt) / 1000]
    return Object.fromEntries(
      Object.keys(pids).map((name) => [name, ((after[name] ?? 0) - (before[name] ?? 0)) / seconds]),
    )
  }
}
