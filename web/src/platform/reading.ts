import { useEffect, useSyncExternalStore } from 'react'

let readId: string | undefined
const listeners = new Set<() => void>()

/** Says that this session is being read, to its end; undefined: none is. */
export function useTellReading(sessionId: string | undefined): void {
  useEffect(() => {
    tell(sessionId)
    return () => tell(undefined)
  }, [sessionId])
}

/** The session that is being read, to its end: what comes there is seen at once. */
export function useReading(): string | undefined {
  return useSyncExternalStore(subscribe, get)
}

function tell(sessionId: string | undefined): void {
  if (sessionId === readId) return
  readId = sessionId
  for (const listener of listeners) listener()
}

const get = () => readId

function subscribe(listener: () => void): () => void {
  listeners.add(listener)
  return () => listeners.delete(listener)
}
