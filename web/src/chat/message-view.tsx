import type { Session } from 'nudge-sdk'

/** What was said in a session, newest at the bottom. */
export function MessageView({ session }: { session: Session }) {
  return <p>{session.id}</p>
}
