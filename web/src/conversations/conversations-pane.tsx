import { Link } from 'wouter'
import { useClient } from '../platform/client-context'
import { useList } from '../platform/use-list'
import { paths } from '../shell/places'
import { PaneHeader } from '../ui/pane-header'

/** The user's conversations; `selected` is the session that is open. */
export function ConversationsPane({ selected }: { selected?: string }) {
  const client = useClient()
  return (
    <>
      <PaneHeader title="Chats" />
      {useList(client.conversations).map(({ id, sessionId, name }) => (
        <Link key={id} href={paths.chat(sessionId)} aria-current={selected === sessionId}>
          {name}
        </Link>
      ))}
    </>
  )
}
