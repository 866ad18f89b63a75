import { useSyncExternalStore } from 'react'
import { useClient } from '../../platform/client-context'
import { foreignHost } from '../../platform/foreign-host'

/** A file that another server has, and that nobody has asked for yet. */
export interface Elsewhere {
  host: string
  /** It may be loaded from now on. */
  show(): void
}

/** What the user has asked for: as long as the page, so that nobody is asked twice. */
const wanted = new Set<string>()
const listeners = new Set<() => void>()

/** Undefined of what may be loaded, as all may that is ours. */
export function useElsewhere(src: string): Elsewhere | undefined {
  const { files } = useClient()
  const isWanted = useSyncExternalStore(subscribe, () => wanted.has(src))
  const host = isWanted ? undefined : foreignHost(files, src)
  return host === undefined ? undefined : { host, show: () => want(src) }
}

/** For when a user logs out: the next one is asked anew. */
export function forgetElsewhere(): void {
  wanted.clear()
  changed()
}

function want(src: string): void {
  wanted.add(src)
  changed()
}

function changed(): void {
  for (const listener of listeners) listener()
}

function subscribe(listener: () => void): () => void {
  listeners.add(listener)
  return () => listeners.delete(listener)
}
