import type { Message, MessageList } from 'nudge-sdk'
import { useCallback, useEffect, useState } from 'react'
import { useList } from '../platform/use-list'
import { useStatus } from '../platform/use-status'

export interface History {
  /** Oldest first. */
  items: readonly Message[]
  /** Whether the newest ones are here, as far as there is a connection. */
  isOpened: boolean
  /** Whether there are older ones than the first. */
  hasMore: boolean
  isLoading: boolean
  /** Older ones could not be loaded. */
  hasFailed: boolean
  /** Or so many as the list takes for a page. */
  loadOlder(count?: number): void
}

/** What was said in a session, as long as the component is there: the newest at first, then what is asked for. */
export function useHistory(messages: MessageList): History {
  const items = useList(messages)
  const { state } = useStatus()
  const [isOpened, setOpened] = useState(false)
  const [isLoading, setLoading] = useState(false)
  const [hasFailed, setFailed] = useState(false)

  useEffect(() => {
    let isHere = true
    messages.open().then(
      () => isHere && setOpened(true),
      // Nothing can be read of what this device has: asking for older ones tries again.
      () => {
        if (!isHere) return
        setOpened(true)
        setFailed(true)
      },
    )
    return () => {
      isHere = false
      messages.close()
      setOpened(false)
    }
  }, [messages])

  // What failed for want of a connection goes on with it.
  useEffect(() => {
    if (state === 'live') setFailed(false)
  }, [state])

  const loadOlder = useCallback(
    (count?: number) => {
      setLoading(true)
      setFailed(false)
      messages
        .loadOlder(count)
        .catch(() => setFailed(true))
        .finally(() => setLoading(false))
    },
    [messages],
  )

  return { items, isOpened, hasMore: messages.hasMore, isLoading, hasFailed, loadOlder }
}
