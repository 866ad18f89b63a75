import type { Conversation } from 'nudge-sdk'
import { useCallback } from 'react'
import { useReading } from '../platform/reading'

/**
 * How many messages of a conversation the user has yet to see. Of the one that is being read that is none: what comes
 * there is as good as read, and must not blink until the server has been told.
 */
export function useUnread(): (conversation: Pick<Conversation, 'sessionId' | 'unread'>) => number {
  const readingId = useReading()
  return useCallback(({ sessionId, unread }) => (sessionId === readingId ? 0 : unread), [readingId])
}
