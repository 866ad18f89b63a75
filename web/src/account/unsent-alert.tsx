import { Alert } from '@mantine/core'
import { IconAlertTriangle } from '@tabler/icons-react'
import { defineTexts, useTexts } from '../i18n/texts'
import { useClient, useEvents } from '../platform/client-context'

const texts = defineTexts({
  en: {
    lost: (count: number) =>
      count === 1
        ? 'One message has not been sent yet. It will be lost.'
        : `${count} messages have not been sent yet. They will be lost.`,
  },
  zh: {
    lost: (count: number) => `有 ${count} 条消息尚未发送，退出后将会丢失。`,
  },
})

/** Says what is lost with the end of a login, as long as something is. */
export function UnsentAlert() {
  const t = useTexts(texts)
  useEvents('status', 'message', 'messageChanged')
  const count = useClient().unsent.length
  if (count === 0) return null
  return (
    <Alert color="orange" variant="light" icon={<IconAlertTriangle />}>
      {t.lost(count)}
    </Alert>
  )
}
