import { Button, Paper, Stack, Text, ThemeIcon, Title } from '@mantine/core'
import { IconMailOpened } from '@tabler/icons-react'
import { useState } from 'react'
import { defineTexts, useTexts } from '../i18n/texts'
import { useMe } from '../platform/client-context'
import css from './account.module.css'
import type { Invitation } from './invitation'
import { LogOutDialog } from './log-out-dialog'

const texts = defineTexts({
  en: {
    title: 'You were invited to a group',
    what: (email: string, name: string) =>
      `This invitation is for a new account with ${email}, but you are logged in as ${name}. Log out to accept it.`,
    leave: 'Log out and accept',
    stay: (name: string) => `Continue as ${name}`,
  },
  zh: {
    title: '您被邀请加入群聊',
    what: (email: string, name: string) =>
      `此邀请需使用 ${email} 注册新账号，而您当前登录的是 ${name}。请退出登录后接受邀请。`,
    leave: '退出登录并接受邀请',
    stay: (name: string) => `继续使用 ${name}`,
  },
})

/** For who follows the link of an invitation while somebody is logged in. */
// biome-ignore lint/style/noDefaultExport: React.lazy takes default exports
export default function InvitedElsewhere({ invitation, onStay }: { invitation: Invitation; onStay(): void }) {
  const t = useTexts(texts)
  const { name } = useMe()
  const [isLeaving, setLeaving] = useState(false)
  return (
    <main className={css.entrance}>
      <div className={css.middle}>
        <Paper className={css.card}>
          <Stack align="center" ta="center">
            <ThemeIcon size={72} radius={24} variant="light">
              <IconMailOpened size={36} stroke={1.5} />
            </ThemeIcon>
            <Title order={1} size="h3">
              {t.title}
            </Title>
            <Text c="dimmed">{t.what(invitation.email, name)}</Text>
            <Button size="md" fullWidth onClick={() => setLeaving(true)}>
              {t.leave}
            </Button>
            <Button size="md" fullWidth variant="default" onClick={onStay}>
              {t.stay(name)}
            </Button>
          </Stack>
        </Paper>
      </div>
      <LogOutDialog isOpen={isLeaving} onClose={() => setLeaving(false)} />
    </main>
  )
}
