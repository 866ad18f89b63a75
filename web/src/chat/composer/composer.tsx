import type { Session } from 'nudge-sdk'

/** Where one writes, and picks what to send. */
export function Composer({ session }: { session: Session }) {
  return <p>{session.id}</p>
}
