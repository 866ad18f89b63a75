import { Alert, Anchor, Button, Loader, Stack, Text, TextInput, Title } from '@mantine/core'
import { IconLinkOff } from '@tabler/icons-react'
import { type FormEvent, useState } from 'react'
import { PasswordField } from '../account/password-field'
import { useAttempt } from '../account/use-attempt'
import { useLogin } from '../account/use-login'
import { defineTexts, useTexts } from '../i18n/texts'
import { useClient } from '../platform/client-context'
import { EmptyState } from '../ui/empty-state'
import { Conversation } from './conversation'
import css from './embed.module.css'

const texts = defineTexts({
  en: {
    resuming: 'Loading',
    brokenTitle: 'This link is not complete',
    broken: 'It does not say which conversation to open. Ask whoever sent it for another one.',
    title: 'Log in to open the conversation',
    hint: 'The link you followed leads to a conversation of one account.',
    otherTitle: 'This link is for another account',
    other: (name: string) =>
      `In this browser ${name} is logged in. Log in with the account that the link is for; that logs ${name} out here.`,
    account: 'Account',
    password: 'Password',
    logIn: 'Log in',
    app: 'Open the app instead',
  },
  zh: {
    resuming: '正在加载',
    brokenTitle: '链接不完整',
    broken: '链接未说明要打开哪个会话，请向发送者索取新的链接。',
    title: '登录后打开会话',
    hint: '您打开的链接属于某个账号的会话。',
    otherTitle: '此链接属于另一个账号',
    other: (name: string) =>
      `此浏览器当前登录的是 ${name}。请使用链接所属的账号登录，${name} 将在此退出登录。`,
    account: '账号',
    password: '密码',
    logIn: '登录',
    app: '改为打开应用',
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
  return (
    <div className={css.centre}>
      {stage.is === 'resuming' ? (
        <Loader aria-label={t.resuming} role="status" />
      ) : (
        <LoginForm logIn={logIn} other={stage.is === 'in' ? client.me?.name : undefined} />
      )}
    </div>
  )
}

/** `other`: the name of who is logged in instead. */
function LoginForm({
  logIn,
  other,
}: {
  logIn: ReturnType<typeof useLogin>['logIn']
  other: string | undefined
}) {
  const t = useTexts(texts)
  const { isBusy, failure, attempt } = useAttempt()
  const [account, setAccount] = useState('')
  const [password, setPassword] = useState('')
  const submit = (event: FormEvent) => {
    event.preventDefault()
    void attempt(() => logIn({ account: account.trim(), password })).then((isDone) => {
      if (!isDone) return
      setAccount('')
      setPassword('')
    })
  }
  return (
    <div className={css.card}>
      <form onSubmit={submit}>
        <Stack>
          <div>
            <Title order={1} size="h3">
              {other === undefined ? t.title : t.otherTitle}
            </Title>
            <Text c="dimmed" size="sm" mt={4}>
              {other === undefined ? t.hint : t.other(other)}
            </Text>
          </div>
          {failure !== undefined && (
            <Alert color="red" role="alert">
              {failure}
            </Alert>
          )}
          <TextInput
            label={t.account}
            size="md"
            type="text"
            inputMode="email"
            autoComplete="username"
            required
            withAsterisk={false}
            value={account}
            onChange={(event) => setAccount(event.currentTarget.value)}
          />
          <PasswordField
            label={t.password}
            autoComplete="current-password"
            required
            withAsterisk={false}
            value={password}
            onChange={(event) => setPassword(event.currentTarget.value)}
          />
          <Button type="submit" size="md" loading={isBusy}>
            {t.logIn}
          </Button>
          {other !== undefined && (
            <Anchor href="./" size="sm" ta="center" c="dimmed" underline="always">
              {t.app}
            </Anchor>
          )}
        </Stack>
      </form>
    </div>
  )
}
