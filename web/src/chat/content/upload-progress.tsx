import { ActionIcon, Progress, RingProgress } from '@mantine/core'
import { IconX } from '@tabler/icons-react'
import type { Message } from 'nudge-sdk'
import { useTexts } from '../../i18n/texts'
import { useTask } from '../../platform/use-task'
import css from './content.module.css'
import { contentTexts } from './texts'

/** How far the upload of a message is, in percent; undefined when there is none under way. */
export function percentOf({ upload, status, progress = 0 }: Message): number | undefined {
  return upload && status === 'storing' ? Math.round(progress * 100) : undefined
}

/** Over a picture that is on its way: how far it is, and how to stop it. */
export function UploadRing({ message, percent }: { message: Message; percent: number }) {
  const t = useTexts(contentTexts)
  return (
    <span className={css.veil}>
      <span role="progressbar" aria-label={t.uploading} aria-valuenow={percent}>
        <RingProgress
          size={64}
          thickness={4}
          roundCaps
          rootColor="rgba(255, 255, 255, 0.3)"
          sections={[{ value: Math.max(3, percent), color: 'white' }]}
        />
      </span>
      <CancelButton message={message} />
    </span>
  )
}

/** The same in a line, for what has no picture. */
export function UploadBar({ message, percent }: { message: Message; percent: number }) {
  const t = useTexts(contentTexts)
  return (
    <span className={css.detail}>
      <Progress.Root className={css.bar} size={4}>
        <Progress.Section value={Math.max(3, percent)} color="currentColor" aria-label={t.uploading} />
      </Progress.Root>
      <CancelButton message={message} size={24} />
    </span>
  )
}

function CancelButton({ message, size = 40 }: { message: Message; size?: number }) {
  const t = useTexts(contentTexts)
  const { isBusy, run } = useTask()
  return (
    <ActionIcon
      className={css.cancel}
      variant="transparent"
      radius="xl"
      size={size}
      disabled={isBusy}
      aria-label={t.cancelUpload}
      onClick={() => run(() => message.cancel())}
    >
      <IconX size={size / 2} aria-hidden />
    </ActionIcon>
  )
}
