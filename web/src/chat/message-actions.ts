/** What can be done to a message. */
export type MessageAction =
  | 'copy'
  | 'forward'
  | 'edit'
  | 'recall'
  | 'delete'
  | 'cancelSending'
  | 'retry'
  | 'discard'

/** What of a message and of who looks at it decides on what can be done. */
export interface Circumstances {
  type: string
  status: 'storing' | 'stored' | 'storefailed'
  isOwn: boolean
  /** Whether the user runs the group that it was said in. */
  isStaff: boolean
  /** Whether the user is no longer in the session. */
  isOver: boolean
  /** Whether there are other conversations to go to. */
  canForward: boolean
}

/** In the order of the menu. */
export function actionsOf(about: Circumstances): MessageAction[] {
  const { type, status, isOwn, isStaff, isOver, canForward } = about
  const isText = type === 'text'
  const copy: MessageAction[] = isText ? ['copy'] : []
  if (status === 'storefailed') return ['retry', ...copy, 'discard']
  if (status === 'storing') return [...copy, 'cancelSending']
  const actions = copy
  if (canForward) actions.push('forward')
  if (isOver) return actions
  if (isOwn && isText) actions.push('edit')
  if (isOwn || isStaff) actions.push('recall', 'delete')
  return actions
}
