import { useEffect } from 'react'
import { remembered, useStored } from '../browser/stored'

const reading = remembered<string | undefined>(undefined)

/** Says that this session is being read, to its end; undefined: none is. */
export function useTellReading(sessionId: string | undefined): void {
  useEffect(() => {
    reading.set(sessionId)
    return () => reading.set(undefined)
  }, [sessionId])
}

/** The session that is being read, to its end: what comes there is seen at once. */
export function useReading(): string | undefined {
  return useStored(reading)[0]
}
