import { Button, Modal, Stack, Text, ThemeIcon } from '@mantine/core'
import { IconDevices } from '@tabler/icons-react'
import { useState } from 'react'
import { defineTexts, useTexts } from '../i18n/texts'
import { useClient } from '../platform/client-context'
import { useStatus } from '../platform/use-status'
import { useTask } from '../platform/use-task'
import css from './account.module.css'
import { LogOutDialog } from './log-out-dialog'

const texts = defineTexts({
  en: {
    title: 'You are using Nudge on another device',
    what: 'Only one device of this kind can be connected at a time. Nothing is lost: everything you wrote is still here.',
    take: 'Use here',
    leave: 'Log out',
  },
  zh: {
    title: '您正在另一台设备上使用 Nudge',
    what: '同类设备同时只能有一台在线。您写的内容都还在，不会丢失。',
    take: '在此设备上使用',
    leave: '退出登录',
  },
})

/** Over everything, while another device has this one's place. */
export function KickedDialog() {
  const t = useTexts(texts)
  const client = useClient()
  const { state } = useStatus()
  const { isBusy, run } = useTask()
  const [isLeaving, setLeaving] = useState(false)
  return (
    <Modal
      opened={state === 'kicked'}
      onClose={() => {}}
      fullScreen
      withCloseButton={false}
      closeOnEscape={false}
      title={t.title}
      classNames={{ header: css.hidden, content: css.kicked, body: css.kickedBody }}
      zIndex={390}
    >
      <Stack align="center" ta="center" maw={420}>
        <ThemeIcon size={88} radius={28} variant="light">
          <IconDevices size={44} stroke={1.5} />
        </ThemeIcon>
        <Text fw={650} fz="xl" aria-hidden>
          {t.title}
        </Text>
        <Text c="dimmed">{t.what}</Text>
        <Button size="md" loading={isBusy} onClick={() => void run(() => client.start())} data-autofocus>
          {t.take}
        </Button>
        <Button variant="subtle" color="gray" onClick={() => setLeaving(true)}>
          {t.leave}
        </Button>
      </Stack>
      <LogOutDialog isOpen={isLeaving} onClose={() => setLeaving(false)} />
    </Modal>
  )
}
