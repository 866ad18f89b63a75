import { Button, FileButton, Group, Loader, Stack, Text } from '@mantine/core'
import { notifications } from '@mantine/notifications'
import { useState } from 'react'
import { defineTexts, useTexts } from '../i18n/texts'
import { useMe } from '../platform/client-context'
import { squarePicture } from '../platform/square-picture'
import { useTask } from '../platform/use-task'
import { useUploadPicture } from '../platform/use-upload-picture'
import { PersonAvatar } from '../ui/person-avatar'
import css from './settings.module.css'

const texts = defineTexts({
  en: {
    choose: 'Choose a picture',
    change: 'Change picture',
    remove: 'Remove',
    hint: 'Others see it beside your messages.',
    unreadable: 'That is no picture this browser can read.',
    uploading: 'The picture is being uploaded',
  },
  zh: {
    choose: '选择头像',
    change: '更换头像',
    remove: '移除',
    hint: '其他人会在您的消息旁看到它。',
    unreadable: '浏览器无法读取该图片。',
    uploading: '正在上传头像',
  },
})

/** One's own picture: what is chosen is shown at once, and to others as soon as it is uploaded. */
export function AvatarField() {
  const t = useTexts(texts)
  const upload = useUploadPicture()
  const me = useMe()
  const { isBusy, run } = useTask()
  const [preview, setPreview] = useState<string>()
  const hasPicture = me.avatarUrl !== ''

  const choose = async (file: File | null) => {
    if (!file) return
    const picture = await squarePicture(file).catch(() => undefined)
    if (!picture) {
      notifications.show({ color: 'red', message: t.unreadable })
      return
    }
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
          <FileButton accept="image/*" onChange={choose} disabled={isBusy}>
            {(button) => (
              <Button {...button} variant="light" size="sm" disabled={isBusy}>
                {hasPicture ? t.change : t.choose}
              </Button>
            )}
          </FileButton>
          {hasPicture && (
            <Button
              variant="subtle"
              color="red"
              size="sm"
              disabled={isBusy}
              onClick={() => void run(() => me.update({ avatarUrl: '' }))}
            >
              {t.remove}
            </Button>
          )}
        </Group>
        <Text size="xs" c="dimmed">
          {t.hint}
        </Text>
      </Stack>
    </div>
  )
}
