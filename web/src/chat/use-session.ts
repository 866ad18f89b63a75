import type { Session } from 'nudge-sdk'
import { useEffect, useState } from 'react'
import { useClient } from '../platform/client-context'
import { useList } from '../platform/use-list'
import { useStatus } from '../platform/use-status'

/** How long (ms) after everything has been pulled a session may take to come, such as one that has just been made. */
const LATE_MS = 1500

/** A session by its id. While it is `undefined`, `isMissing` tells when it is no use to wait for it any longer. */
export function useSession(sessionId: string): { session: Session | undefined; isMissing: boolean } {
  const client = useClient()
  useList(client.sessions)
  useList(client.conversations)
  const { state } = useStatus()
  const session = client.sessions.get(sessionId)
  const isWaiting = session === undefined
  const isPulled = state === 'live' || state === 'offline'
  const [isLate, setLate] = useState(false)
  useEffect(() => {
    setLate(false)
    if (!isWaiting || !isPulled) return
    const timer = setTimeout(() => setLate(true), LATE_MS)
    return () => clearTimeout(timer)
  }, [isWaiting, isPulled])
  return { session, isMissing: isWaiting && isLate }
}
