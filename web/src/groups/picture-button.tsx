import { FileButton, Loader, UnstyledButton } from '@mantine/core'
import { IconCamera } from '@tabler/icons-react'
import { useRef } from 'react'
import { useTexts } from '../i18n/texts'
import { useSquarePicture } from '../platform/use-square-picture'
import { useTask } from '../platform/use-task'
import { useUploadPicture } from '../platform/use-upload-picture'
import { PersonAvatar } from '../ui/person-avatar'
import css from './picture-button.module.css'
import { groupTexts } from './texts'

/** The picture of a group, which is a button that takes another one. */
export function PictureButton({
  name,
  src,
  size,
  onPicked,
}: {
  name: string
  src: string
  size: number
  /** With the address of the picture, once it is uploaded. */
  onPicked(src: string): unknown
}) {
  const t = useTexts(groupTexts)
  const { isBusy, run } = useTask()
  const square = useSquarePicture()
  const upload = useUploadPicture()
  const reset = useRef<() => void>(null)
  const choose = (file: File | null) => {
    // So that the same file can be picked again.
    reset.current?.()
    if (!file) return
    void run(async () => {
      const picture = await square(file)
      if (picture) await onPicked(await upload(picture))
    })
  }
  const label = src === '' ? t.choosePicture : t.changePicture
  return (
    <FileButton accept="image/png,image/jpeg,image/gif,image/webp" resetRef={reset} onChange={choose}>
      {({ onClick }) => (
        <div className={css.frame}>
          {name === '' && src === '' ? (
            <span className={css.empty} style={{ width: size, height: size }} />
          ) : (
            <PersonAvatar name={name} src={src} size={size} />
          )}
          {/* Over the picture: the initials there are no part of its name. */}
          <UnstyledButton
            className={css.button}
            aria-label={label}
            title={label}
            disabled={isBusy}
            onClick={onClick}
          >
            <span className={css.camera}>
              {isBusy ? <Loader size={16} /> : <IconCamera size={16} aria-hidden />}
            </span>
          </UnstyledButton>
        </div>
      )}
    </FileButton>
  )
}
