import { useClient } from '../platform/client-context'
import { useList } from '../platform/use-list'
import { Composer } from './composer/composer'
import { MessageView } from './message-view'

/** A session: what was said, and what to say. `isEmbedded` leaves out what leads elsewhere in the app. */
export function ChatPane({ sessionId, isEmbedded = false }: { sessionId: string; isEmbedded?: boolean }) {
  const client = useClient()
  useList(client.sessions)
  const session = client.sessions.get(sessionId)
  if (!session) return null
  return (
    <>
      <p>
        {session.name} {String(isEmbedded)}
      </p>
      <MessageView session={session} />
      <Composer session={session} />
    </>
  )
}
