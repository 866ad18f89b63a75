import { Alert, Anchor, Paper, Text } from '@mantine/core'
import { IconInfoCircle } from '@tabler/icons-react'
import type { Credentials } from 'nudge-sdk'
import { useState } from 'react'
import { defineTexts, useTexts } from '../i18n/texts'
import { describeError, errorTexts } from '../platform/errors'
import css from './account.module.css'
import { BrandPanel } from './brand-panel'
import { FailureNote } from './failure-note'
import type { Invitation } from './invitation'
import { LoginForm } from './login-form'
import { LookSwitches } from './look-switches'
import { RegisterForm } from './register-form'
import type { Ended } from './use-login'

const texts = defineTexts({
  en: {
    title: 'Welcome back',
    lead: 'Log in to pick up where you left off.',
    isNew: 'New to Nudge?',
    register: 'Create an account',
    rejected: 'You have been logged out',
    rejectedWhy:
      'Your login expired, your password was changed, or the account was closed. Your messages on this device are kept. Log in again to continue.',
    elsewhere: 'You logged out in another window',
    elsewhereWhy: 'Log in again to continue here.',
    unreadable: 'The data on this device cannot be read',
    unreadableWhy: 'Log in to get your messages from the server again.',
    isThere: 'Your account was created. Please log in.',
  },
  zh: {
    title: '欢迎回来',
    lead: '登录后即可继续之前的对话。',
    isNew: '还没有账号？',
    register: '注册账号',
    rejected: '登录已失效',
    rejectedWhy: '登录已过期、密码已修改，或账号已关闭。此设备上的消息仍会保留，请重新登录。',
    elsewhere: '您已在另一个窗口中退出登录',
    elsewhereWhy: '如需在此继续使用，请重新登录。',
    unreadable: '无法读取此设备上保存的数据',
    unreadableWhy: '请登录，以便从服务器重新获取消息。',
    isThere: '您的账号已创建，请登录。',
  },
})

/** Logs in, or creates an account: all there is for who is not logged in. */
// biome-ignore lint/style/noDefaultExport: React.lazy takes default exports
export default function WelcomePage({
  ended,
  account: initial,
  invitation,
  onLogIn,
  onInvitationUsed,
}: {
  /** Why one is here who was logged in. */
  ended?: Ended | undefined
  /** Who that was. */
  account?: string | undefined
  invitation?: Invitation | undefined
  onLogIn(credentials: Credentials): Promise<void>
  onInvitationUsed(): void
}) {
  const t = useTexts(texts)
  const errors = useTexts(errorTexts)
  const [isRegistering, setRegistering] = useState(invitation !== undefined)
  const [account, setAccount] = useState(initial)
  /** Why the login after a registration failed. */
  const [failure, setFailure] = useState<unknown>()
  return (
    <div className={css.welcome}>
      <BrandPanel />
      <main className={css.entrance}>
        <LookSwitches />
        <div className={css.middle}>
          <img className={css.logo} src="./icon.svg" alt="Nudge" width={56} height={56} />
          {ended && !isRegistering && (
            <Alert
              role="status"
              variant="light"
              color="orange"
              icon={<IconInfoCircle />}
              title={t[ended]}
              mb="md"
            >
              {t[`${ended}Why`]}
            </Alert>
          )}
          <Paper className={css.card}>
            {isRegistering ? (
              <RegisterForm
                key={invitation?.key}
                invitation={invitation}
                onEnter={async (credentials) => {
                  try {
                    await onLogIn(credentials)
                  } finally {
                    if (invitation) onInvitationUsed()
                  }
                }}
                onLogIn={(entered, error) => {
                  setAccount(entered)
                  setFailure(error)
                  setRegistering(false)
                }}
                onWithoutInvitation={onInvitationUsed}
              />
            ) : (
              <LoginForm
                title={t.title}
                lead={t.lead}
                account={account}
                onLogIn={(credentials) => {
                  setFailure(undefined)
                  return onLogIn(credentials)
                }}
                footer={
                  <Text size="sm" ta="center" c="dimmed">
                    {t.isNew}{' '}
                    <Anchor
                      component="button"
                      type="button"
                      inherit
                      fw={600}
                      onClick={() => setRegistering(true)}
                    >
                      {t.register}
                    </Anchor>
                  </Text>
                }
              >
                {failure !== undefined && (
                  <FailureNote>
                    {t.isThere} {describeError(failure, errors)}
                  </FailureNote>
                )}
              </LoginForm>
            )}
          </Paper>
        </div>
      </main>
    </div>
  )
}
