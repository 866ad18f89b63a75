import { Button, Switch } from '@mantine/core'
import { IconBell } from '@tabler/icons-react'
import { useStored } from '../browser/stored'
import { defineTexts, useTexts } from '../i18n/texts'
import { chime } from '../notify/chime'
import { usePermission } from '../notify/permission'
import { desktopChoice, soundChoice } from '../notify/preferences'
import { Row, Section } from './section'
import css from './settings.module.css'

const texts = defineTexts({
  en: {
    title: 'Notifications',
    lead: 'In this browser.',
    desktop: 'Desktop notifications',
    sound: 'Sound',
    soundLead: 'A soft sound for new messages in chats you don’t have open.',
    listen: 'Listen',
    default: 'Shown when Nudge is in the background. Your browser will ask you for permission.',
    granted: 'Shown when Nudge is in the background.',
    denied: 'Your browser blocks notifications. Allow them for this page in its settings.',
    unavailable: 'Notifications are not available here. They need HTTPS.',
  },
  zh: {
    title: '通知',
    lead: '仅在此浏览器中生效。',
    desktop: '桌面通知',
    sound: '提示音',
    soundLead: '未打开的会话有新消息时，播放轻柔的提示音。',
    listen: '试听',
    default: 'Nudge 在后台时显示。浏览器会请求您的许可。',
    granted: 'Nudge 在后台时显示。',
    denied: '浏览器已阻止通知，请在浏览器设置中允许此页面发送通知。',
    unavailable: '此页面无法使用通知，通知需要 HTTPS。',
  },
})

/** How one is told of messages that one does not see come. */
export function NotificationsSection() {
  const t = useTexts(texts)
  const [isDesktop, setDesktop] = useStored(desktopChoice)
  const [isSound, setSound] = useStored(soundChoice)
  const { permission, ask } = usePermission()
  const isPossible = permission === 'default' || permission === 'granted'
  return (
    <Section icon={IconBell} title={t.title} lead={t.lead}>
      <Row title={t.desktop} lead={t[permission]}>
        <Switch
          size="md"
          aria-label={t.desktop}
          checked={isDesktop && permission === 'granted'}
          disabled={!isPossible}
          onChange={async (event) => {
            const isOn = event.currentTarget.checked
            setDesktop(isOn)
            if (isOn && permission === 'default') await ask()
          }}
        />
      </Row>
      <Row
        title={t.sound}
        lead={
          <>
            {t.soundLead}{' '}
            <Button
              variant="transparent"
              size="compact-xs"
              px={0}
              className={css.listen}
              onClick={() => chime.play()}
            >
              {t.listen}
            </Button>
          </>
        }
      >
        <Switch
          size="md"
          aria-label={t.sound}
          checked={isSound}
          onChange={(event) => setSound(event.currentTarget.checked)}
        />
      </Row>
    </Section>
  )
}
