import type { Session } from 'nudge-sdk'

/** Everything about a group, beside its chat: members, name, what one may do in it. */
export function GroupDetails({ session, onClose }: { session: Session; onClose(): void }) {
  return (
    <button type="button" onClick={onClose}>
      {session.name}
    </button>
  )
}
