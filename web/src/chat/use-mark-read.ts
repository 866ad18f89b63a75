import type { Session } from 'nudge-sdk'
import { useEffect } from 'react'
import { useLooking } from '../browser/attention'
import { useClient } from '../platform/client-context'
import { useTellReading } from '../platform/reading'
import { useList } from '../platform/use-list'
import { useStatus } from '../platform/use-status'

/** Tells all devices that what is new has been read, while `isSeen` and the user is at this page. */
export function useMarkRead(session: Session, isSeen: boolean): void {
  useList(useClient().conversations)
  const isReading = useLooking() && isSeen
  useTellReading(isReading ? session.id : undefined)
  const { state } = useStatus()
  const { unread = 0, revision } = session.conversation ?? {}
  // `revision`: more may have come. `state`: what failed without a connection is done with the next.
  // biome-ignore lint/correctness/useExhaustiveDependencies: see above
  useEffect(() => {
    // Nothing that the user waits for, and tried again.
    if (isReading && unread > 0) void session.markRead().catch(() => {})
  }, [session, isReading, unread, revision, state])
}
