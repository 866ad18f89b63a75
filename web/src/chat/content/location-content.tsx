import { IconMapPin } from '@tabler/icons-react'
import type { Message } from 'nudge-sdk'
import { useTexts } from '../../i18n/texts'
import { useClient } from '../../platform/client-context'
import { ownAddress } from '../../platform/foreign-host'
import { useUntilLive } from '../../platform/use-until-live'
import css from './content.module.css'
import { numberField, textField } from './fields'
import { boxOf } from './sizes'
import { contentTexts } from './texts'
import { BrokenContent } from './unknown-content'

const ZOOM = 16

/** A place: the picture that was sent of it, and the way to a map. */
export function LocationContent({ message }: { message: Message }) {
  const t = useTexts(contentTexts)
  const client = useClient()
  const [hasFailed, setFailed] = useUntilLive(false)
  const { content } = message
  const latitude = numberField(content, 'latitude')
  const longitude = numberField(content, 'longitude')
  if (latitude === undefined || longitude === undefined) return <BrokenContent isBare />

  const box = boxOf(numberField(content, 'width'), numberField(content, 'height'))
  // What another server has of it is not worth a question.
  const picture = ownAddress(client.files, textField(content, 'thumbnail'), { thumbnail: true })
  return (
    <a
      className={css.frame}
      style={{ width: Math.max(240, box.width), aspectRatio: '16 / 10' }}
      href={`https://www.openstreetmap.org/?mlat=${latitude}&mlon=${longitude}#map=${ZOOM}/${latitude}/${longitude}`}
      target="_blank"
      rel="noopener noreferrer nofollow"
      title={`${latitude.toFixed(5)}, ${longitude.toFixed(5)}`}
    >
      {picture && !hasFailed ? (
        <img className={css.picture} src={picture} alt={t.place} onError={() => setFailed(true)} />
      ) : (
        <span className={css.broken}>
          <IconMapPin size={36} stroke={1.4} aria-hidden />
        </span>
      )}
      <span className={css.caption}>
        <IconMapPin size={16} stroke={1.7} aria-hidden />
        {t.openMap}
      </span>
    </a>
  )
}
