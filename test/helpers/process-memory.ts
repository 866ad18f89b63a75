import { readdir, readFile } from 'node:fs/promises'

export interface ProcessMemory {
  /** Resident now, and at most so far, in MiB. */
  residentMb: number
  peakMb: number
  /** Open files and sockets. */
  fileCount: number
}

/** Undefined where there is no /proc. */
export async function memoryOf(pid: number | undefined): Promise<ProcessMemory | undefined> {
  try {
    const status = await readFile(`/proc/${pid}/status`, 'utf8')
    const mb = (name: string) => Number(new RegExp(`^${name}:\\s+(\\d+) kB`, 'm').exec(status)?.[1]) / 1024
    const files = await readdir(`/proc/${pid}/fd`)
    return { residentMb: mb('VmRSS'), peakMb: mb('VmHWM'), fileCount: files.length }
  } catch {
    return undefined
  }
}
