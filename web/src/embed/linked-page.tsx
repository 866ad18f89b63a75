import { Anchor, Loader } from '@mantine/core'
import { IconLinkOff } from '@tabler/icons-react'
import { LoginForm } from '../account/login-form'
import { UnsentAlert } from '../account/unsent-alert'
import { useLogin } from '../account/use-login'
import { defineTexts, useTexts } from '../i18n/texts'
import { useClient } from '../platform/client-context'
import { EmptyState } from '../ui/empty-state'
import { Conversation } from './conversation'
import css from './embed.module.css'

const texts = defineTexts({
  en: {
    resuming: 'Loading',
    brokenTitle: 'This link is incomplete',
    broken: 'It does not say which conversation to open. Ask the sender for a new link.',
    title: 'Log in to open the conversation',
    hint: 'This link opens a conversation of a certain account.',
    otherTitle: 'This link is for another account',
    other: (name: string) =>
      `You are logged in as ${name} in this browser. Log in with the account the link is for; ${name} will be logged out here.`,
    app: 'Open the app instead',
  },
  zh: {
    resuming: '正在加载',
    brokenTitle: '链接不完整',
    broken: '链接中没有指明会话，请向发送者索取新的链接。',
    title: '登录后打开会话',
    hint: '此链接指向某个账号的会话。',
    otherTitle: '此链接属于另一个账号',
    other: (name: string) =>
      `此浏览器当前登录的是 ${name}。请使用链接所属的账号登录，${name} 将在此退出登录。`,
    app: '直接打开应用',
  },
})

/** Opened by a link: the conversation it leads to, for the user it names, once that one is logged in here. */
export function LinkedPage({
  groupId,
  userId,
}: {
  groupId?: string | undefined
  userId?: string | undefined
}) {
  const t = useTexts(texts)
  const client = useClient()
  const { stage, logIn } = useLogin()
  if (groupId === undefined) {
    return (
      <div className={css.centre}>
        <EmptyState icon={IconLinkOff} title={t.brokenTitle}>
          {t.broken}
        </EmptyState>
      </div>
    )
  }
  if (stage.is === 'in' && (userId === undefined || stage.userId === userId)) {
    return <Conversation sessionId={groupId} />
  }
  if (stage.is === 'resuming') {
    return (
      <div className={css.centre}>
        <Loader aria-label={t.resuming} role="status" />
      </div>
    )
  }
  const isOther = stage.is === 'in'
  return (
    <div className={css.centre}>
      <div className={css.card}>
        <LoginForm
          // Empty again for who has logged in and is another one still.
          key={isOther ? stage.userId : undefined}
          title={isOther ? t.otherTitle : t.title}
          lead={isOther ? t.other(client.me?.name ?? '') : t.hint}
          onLogIn={logIn}
          footer={
            isOther && (
              <Anchor href="./" size="sm" ta="center" c="dimmed" underline="always">
                {t.app}
              </Anchor>
            )
          }
        >
          <UnsentAlert />
        </LoginForm>
      </div>
    </div>
  )
}
