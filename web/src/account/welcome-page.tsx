import { Alert, Paper } from '@mantine/core'
import { IconInfoCircle } from '@tabler/icons-react'
import type { Credentials } from 'nudge-sdk'
import { useState } from 'react'
import { defineTexts, useTexts } from '../i18n/texts'
import css from './account.module.css'
import { BrandPanel } from './brand-panel'
import type { Invitation } from './invitation'
import { LoginForm } from './login-form'
import { LookSwitches } from './look-switches'
import { RegisterForm } from './register-form'
import type { Ended } from './use-login'

const texts = defineTexts({
  en: {
    rejected: 'Your login has ended',
    rejectedWhy:
      'The password was changed, or the account was closed. Your messages on this device are kept: log in again to go on.',
    elsewhere: 'You logged out in another window',
    elsewhereWhy: 'Log in again to go on here.',
    unreadable: 'What this device keeps cannot be read',
    unreadableWhy: 'Log in to fetch your messages from the server.',
  },
  zh: {
    rejected: '您的登录已失效',
    rejectedWhy: '密码已被修改，或账号已被关闭。此设备上的消息仍然保留，请重新登录。',
    elsewhere: '您已在另一个窗口中退出登录',
    elsewhereWhy: '如需在此继续，请重新登录。',
    unreadable: '无法读取此设备上保存的数据',
    unreadableWhy: '请登录，以便从服务器重新获取消息。',
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
  const [isRegistering, setRegistering] = useState(invitation !== undefined)
  const [account, setAccount] = useState(initial)
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
                  if (invitation) onInvitationUsed()
                  await onLogIn(credentials)
                }}
                onLogIn={(entered) => {
                  setAccount(entered)
                  setRegistering(false)
                }}
                onWithoutInvitation={onInvitationUsed}
              />
            ) : (
              <LoginForm account={account} onLogIn={onLogIn} onRegister={() => setRegistering(true)} />
            )}
          </Paper>
        </div>
      </main>
    </div>
  )
}
