import { Button, CloseButton } from '@mantine/core'
import { IconBell } from '@tabler/icons-react'
import { useStored } from '../browser/stored'
import { defineTexts, useTexts } from '../i18n/texts'
import css from './notify-offer.module.css'
import { usePermission } from './permission'
import { desktopChoice, offerDeclined } from './preferences'

const texts = defineTexts({
  en: { offer: 'Notifications are off', accept: 'Turn on', decline: 'Not now' },
  zh: { offer: '通知未开启', accept: '开启', decline: '暂不开启' },
})

/** Offers notifications of the desktop, until the browser was asked or the user does not want them. */
export function NotifyOffer() {
  const t = useTexts(texts)
  const { permission, ask } = usePermission()
  const [isWanted] = useStored(desktopChoice)
  const [isDeclined, decline] = useStored(offerDeclined)
  if (permission !== 'default' || !isWanted || isDeclined) return null
  return (
    <aside className={css.offer} aria-label={t.offer}>
      <IconBell size={20} stroke={1.7} aria-hidden />
      <span className={css.words}>{t.offer}</span>
      <Button size="compact-sm" variant="light" onClick={() => void ask()}>
        {t.accept}
      </Button>
      <CloseButton size="md" aria-label={t.decline} title={t.decline} onClick={() => decline(true)} />
    </aside>
  )
}
