import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

export interface TempFolder {
  path: string
  remove(): Promise<void>
}

/** A new, empty folder. */
export async function useTempFolder(): Promise<TempFolder> {
  const path = await mkdtemp(join(tmpdir(), 'nudge-test-'))
  return { path, remove: () => rm(path, { recursive: true, force: true }) }
}
