import { IconChecklist, IconPhone } from '@tabler/icons-react'
import type { Message } from 'nudge-sdk'
import { AudioContent } from './audio-content'
import { FileContent } from './file-content'
import { ImageContent } from './image-content'
import { LineContent } from './line-content'
import { LocationContent } from './location-content'
import { TextContent } from './text-content'
import { UnknownContent } from './unknown-content'
import { VideoContent } from './video-content'

/** What a message says, whatever its kind: inside a bubble or in place of one. `system` lines are not shown by it. */
export function MessageContent({ message }: { message: Message }) {
  switch (message.type) {
    case 'text':
      return <TextContent text={message.preview} />
    case 'image':
      return <ImageContent message={message} />
    case 'file':
      return <FileContent message={message} />
    case 'video':
      return <VideoContent message={message} />
    case 'audio':
      return <AudioContent message={message} />
    case 'location':
      return <LocationContent message={message} />
    case 'task':
      return <LineContent icon={IconChecklist} text={message.preview} />
    case 'av':
      return <LineContent icon={IconPhone} text={message.preview} />
    default:
      return <UnknownContent message={message} />
  }
}
