import { Button, FileButton, Group, Loader, Stack, Text } from '@mantine/core'
import { useRef, useState } from 'react'
import { defineTexts, useTexts } from '../i18n/texts'
import { useMe } from '../platform/client-context'
import { useSquarePicture } from '../platform/use-square-picture'
import { useTask } from '../platform/use-task'
import { useUploadPicture } from '../platform/use-upload-picture'
import { DangerButton } from '../ui/danger-button'
import { PersonAvatar } from '../ui/person-avatar'
import css from './settings.module.css'

const texts = defineTexts({
  en: {
    choose: 'Choose a picture',
    change: 'Change picture',
    remove: 'Remove',
    hint: 'Others see it next to your messages.',
    uploading: 'Uploading picture',
  },
  zh: {
    choose: '选择头像',
    change: '更换头像',
    remove: '移除',
    hint: '显示在您的消息旁，其他人可以看到。',
    uploading: '正在上传头像',
  },
})

/** One's own picture: what is chosen is shown at once, and to others as soon as it is uploaded. */
export function AvatarField() {
  const t = useTexts(texts)
  const square = useSquarePicture()
  const upload = useUploadPicture()
  const reset = useRef<() => void>(null)
  const me = useMe()
  const { isBusy, run } = useTask()
  const [preview, setPreview] = useState<string>()
  const hasPicture = me.avatarUrl !== ''

  const choose = async (file: File | null) => {
    // So that the same file can be picked again.
    reset.current?.()
    const picture = file && (await square(file))
    if (!picture) return
    const url = URL.createObjectURL(picture)
    setPreview(url)
    await run(async () => me.update({ avatarUrl: await upload(picture) }))
    setPreview(undefined)
    URL.revokeObjectURL(url)
  }

  return (
    <div className={css.picture}>
      <div className={css.preview}>
        <PersonAvatar name={me.name} src={preview ?? me.avatarUrl} size={88} />
        {isBusy && (
          <div className={css.uploading} role="status" aria-label={t.uploading}>
            <Loader size="sm" />
          </div>
        )}
      </div>
      <Stack gap={6}>
        <Group gap="xs">
          <FileButton accept="image/*" resetRef={reset} onChange={choose} disabled={isBusy}>
            {(button) => (
              <Button {...button} variant="light" size="sm" disabled={isBusy}>
                {hasPicture ? t.change : t.choose}
              </Button>
            )}
          </FileButton>
          {hasPicture && (
            <DangerButton
              size="sm"
              disabled={isBusy}
              onClick={() => void run(() => me.update({ avatarUrl: '' }))}
            >
              {t.remove}
            </DangerButton>
          )}
        </Group>
        <Text size="xs" c="dimmed">
          {t.hint}
        </Text>
      </Stack>
    </div>
  )
}
