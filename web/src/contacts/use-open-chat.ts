import { useCallback } from 'react'
import { useLocation } from 'wouter'
import { paths } from '../places/places'
import { useClient } from '../platform/client-context'
import { useTask } from '../platform/use-task'

/** Opens the chat with another user, which begins with that where there is none. Gives whether it is open. */
export function useOpenChat(): { isBusy: boolean; openChat(userId: string): Promise<boolean> } {
  const client = useClient()
  const [, navigate] = useLocation()
  const { isBusy, run } = useTask()
  const openChat = useCallback(
    (userId: string) => run(async () => navigate(paths.chat((await client.sessions.p2p(userId)).id))),
    [client, navigate, run],
  )
  return { isBusy, openChat }
}
