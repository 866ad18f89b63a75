import type { Message } from 'nudge-sdk'
import { RichText } from './rich-text'

/** What a message says, whatever its kind: inside a bubble or in place of one. `system` lines are not shown by it. */
export function MessageContent({ message }: { message: Message }) {
  return <RichText text={message.preview} />
}
