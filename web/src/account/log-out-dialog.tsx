import { Button, Group, Modal, Stack, Text } from '@mantine/core'
import { defineTexts, useTexts } from '../i18n/texts'
import { useTask } from '../platform/use-task'
import { useLogOut } from './log-out'
import { UnsentAlert } from './unsent-alert'

const texts = defineTexts({
  en: {
    title: 'Log out?',
    what: 'Your messages will be removed from this device. They stay on the server and on your other devices.',
    stay: 'Cancel',
    leave: 'Log out',
  },
  zh: {
    title: '退出登录？',
    what: '消息将从此设备上移除，但会保留在服务器和您的其他设备上。',
    stay: '取消',
    leave: '退出登录',
  },
})

/** Asks before it logs out, and says what that loses. */
export function LogOutDialog({ isOpen, onClose }: { isOpen: boolean; onClose(): void }) {
  return (
    <Modal opened={isOpen} onClose={onClose} title={<Title />} centered zIndex={400}>
      <Question onClose={onClose} />
    </Modal>
  )
}

function Title() {
  return (
    <Text component="span" fw={650}>
      {useTexts(texts).title}
    </Text>
  )
}

function Question({ onClose }: { onClose(): void }) {
  const t = useTexts(texts)
  const logOut = useLogOut()
  const { isBusy, run } = useTask()
  return (
    <Stack>
      <Text size="sm">{t.what}</Text>
      <UnsentAlert />
      <Group justify="flex-end" gap="sm">
        <Button variant="default" onClick={onClose} data-autofocus>
          {t.stay}
        </Button>
        <Button color="red.9" loading={isBusy} onClick={() => void run(logOut)}>
          {t.leave}
        </Button>
      </Group>
    </Stack>
  )
}
