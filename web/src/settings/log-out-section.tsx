import { Button } from '@mantine/core'
import { IconLogout } from '@tabler/icons-react'
import { useState } from 'react'
import { LogOutDialog } from '../account/log-out-dialog'
import { defineTexts, useTexts } from '../i18n/texts'
import { useMe } from '../platform/client-context'
import { Row, Section } from './section'

const texts = defineTexts({
  en: {
    title: 'This device',
    who: (name: string) => `You are logged in as ${name}.`,
    logOut: 'Log out',
  },
  zh: {
    title: '此设备',
    who: (name: string) => `当前登录用户：${name}`,
    logOut: '退出登录',
  },
})

export function LogOutSection() {
  const t = useTexts(texts)
  const { name, account } = useMe()
  const [isAsking, setAsking] = useState(false)
  return (
    <Section icon={IconLogout} title={t.title}>
      <Row title={t.who(name)} lead={account}>
        <Button variant="light" color="red" onClick={() => setAsking(true)}>
          {t.logOut}
        </Button>
      </Row>
      <LogOutDialog isOpen={isAsking} onClose={() => setAsking(false)} />
    </Section>
  )
}
